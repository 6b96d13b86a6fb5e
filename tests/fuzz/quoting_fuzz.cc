// Local parts: where they split, quoting there and back.
#include "schema/search/address.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using postmirror::Require;
  postmirror::FuzzInput input(bytes, size);
  postmirror::SearchSettings settings;
  settings.recipient_delimiter = input.Byte() % 2 == 0 ? "+" : "+-";
  const absl::string_view local = input.Line();
  const auto start = postmirror::ExtensionStart(local, settings);
  if (start.has_value()) {
    Require(*start > 0 && *start < local.size(), "it splits inside");
    Require(
        settings.recipient_delimiter.find(local[*start]) != std::string::npos,
        "it splits at a delimiter");
  }
  std::string quoted;
  postmirror::AppendQuotedLocal(local, &quoted);
  std::string unquoted;
  postmirror::AppendUnquotedLocal(quoted, &unquoted);
  Require(unquoted == local, "unquoting undoes quoting");
  return 0;
}
