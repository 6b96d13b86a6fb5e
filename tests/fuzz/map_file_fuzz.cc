// A map file of mysql_table(5). Its password must show in no message.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/config/map_file.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using postmirror::Require;
  constexpr absl::string_view kPassword = "Xq7.secret.Xq7";
  const postmirror::FuzzInput input(bytes, size);
  // Of a password that stands elsewhere in the file nobody knows that it is
  // one.
  if (absl::StrContains(input.rest(), kPassword)) return 0;
  std::vector<std::string> warnings;
  const auto file = postmirror::ParseMapFile(
      "fuzz.cf", absl::StrCat("password = ", kPassword, "\n", input.rest()),
      &warnings);
  for (const std::string& warning : warnings) {
    Require(!absl::StrContains(warning, kPassword), "no password in a warning");
  }
  if (file.ok()) {
    Require(!file->hosts.empty(), "a map file has hosts");
  } else {
    Require(!absl::StrContains(file.status().message(), kPassword),
            "no password in an error");
  }
  return 0;
}
