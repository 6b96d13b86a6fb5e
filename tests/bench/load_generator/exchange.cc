#include "tests/bench/load_generator/exchange.h"

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/proxy/postfix_client.h"

namespace postmirror {
namespace {

std::string Netstring(absl::string_view text) {
  return absl::StrCat(text.size(), ":", text, ",");
}

std::string BulkString(absl::string_view text) {
  return absl::StrCat("$", text.size(), "\r\n", text, "\r\n");
}

// Puts the extension into an address; what is no address stays.
std::string Extended(absl::string_view address, absl::string_view extension) {
  const size_t at = address.rfind('@');
  if (at == absl::string_view::npos) return std::string(address);
  return absl::StrCat(address.substr(0, at), extension, address.substr(at));
}

}  // namespace

absl::StatusOr<ExchangeProtocol> ExchangeProtocol::Parse(
    absl::string_view name) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(name, absl::MaxSplits(':', 1));
  if (name == "tcp_table") return ExchangeProtocol(Kind::kTcpTable, "");
  if (name == "memcached") return ExchangeProtocol(Kind::kMemcached, "");
  if (name == "redis") return ExchangeProtocol(Kind::kRedis, "");
  if (parts.first == "socketmap") {
    return ExchangeProtocol(Kind::kSocketmap, parts.second);
  }
  if (parts.first == "null") {
    return ExchangeProtocol(Kind::kNull, parts.second);
  }
  return absl::OutOfRangeError(absl::StrCat(name, ": no such protocol"));
}

Exchange ExchangeProtocol::Render(
    absl::string_view key, std::optional<absl::string_view> value) const {
  switch (kind_) {
    case Kind::kTcpTable:
      return {TcpTableGet(key), value.has_value()
                                    ? absl::StrCat("200 ", *value, "\n")
                                    : "500 not found\n"};
    case Kind::kSocketmap:
      return {SocketmapRequest(detail_, key),
              Netstring(value.has_value() ? absl::StrCat("OK ", *value)
                                          : "NOTFOUND ")};
    case Kind::kMemcached:
      return {
          absl::StrCat("get ", key, "\r\n"),
          absl::StrCat(value.has_value()
                           ? absl::StrCat("VALUE ", key, " 0 ", value->size(),
                                          "\r\n", *value, "\r\n")
                           : "",
                       "END\r\n")};
    case Kind::kRedis:
      return {absl::StrCat("*2\r\n$3\r\nGET\r\n", BulkString(key)),
              value.has_value() ? BulkString(*value) : "$-1\r\n"};
    case Kind::kNull:
      return {SocketmapRequest("virtual_alias_maps", key), detail_};
  }
  return {};
}

absl::StatusOr<std::vector<Exchange>> ReadExchanges(
    const std::string& path, const ExchangeProtocol& protocol,
    const LookupKinds& kinds) {
  std::ifstream file(path);
  std::vector<Exchange> exchanges;
  std::string line;
  double misses = 0;  // that are due
  while (std::getline(file, line) &&
         (kinds.first == 0 || exchanges.size() < kinds.first)) {
    const std::pair<absl::string_view, absl::string_view> entry =
        absl::StrSplit(line, absl::MaxSplits('\t', 1));
    misses += kinds.misses;
    const bool missed = misses >= 1;
    if (missed) misses -= 1;
    // Beside the keys that are there, since one place for all would be cached.
    const std::string known =
        missed ? Extended(entry.first, "-none") : std::string(entry.first);
    const std::string value = Extended(entry.second, kinds.extension);
    exchanges.push_back(protocol.Render(
        Extended(known, kinds.extension),
        missed ? std::nullopt : std::optional<absl::string_view>(value)));
  }
  if (file.bad() || exchanges.empty()) {
    return absl::NotFoundError(absl::StrCat(path, ": no entries"));
  }
  return exchanges;
}

}  // namespace postmirror
