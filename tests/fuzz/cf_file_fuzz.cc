// The syntax of main.cf, and postmirror.cf in it.
#include "schema/config/cf_file.h"
#include "schema/config/config.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using postmirror::Require;
  const postmirror::FuzzInput input(bytes, size);
  const auto file = postmirror::CfFile::Parse("fuzz.cf", input.rest());
  if (file.ok()) {
    for (const postmirror::CfEntry& entry : file->entries()) {
      Require(!entry.name.empty(), "an entry has a name");
      Require(entry.line > 0, "an entry has a line");
    }
  }
  const auto config = postmirror::ParseConfig("fuzz.cf", input.rest());
  Require(config.ok() || !config.status().message().empty(),
          "what is wrong is said");
  if (config.ok()) {
    Require(file.ok(), "a configuration is a file of entries");
    for (const postmirror::ServedParameter& served : config->served) {
      Require(!served.maps.empty(), "a served parameter has maps");
    }
  }
  return 0;
}
