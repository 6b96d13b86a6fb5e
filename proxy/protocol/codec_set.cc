#include "proxy/protocol/codec_set.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "schema/config/parameter.h"

namespace postmirror {
namespace {

constexpr char kSocketmap[] = "socketmap";
constexpr char kTcpTablePrefix[] = "tcp_table-";

std::vector<std::string> ParameterNames() {
  std::vector<std::string> names;
  for (const Parameter& parameter : Parameters()) {
    names.emplace_back(parameter.name);
  }
  return names;
}

}  // namespace

CodecSet::CodecSet() : socketmap_(ParameterNames()) {
  for (size_t i = 0; i < Parameters().size(); ++i) tcp_tables_.emplace_back(i);
}

const Codec* CodecSet::For(const ListenEntry& entry) const {
  if (entry.protocol == Protocol::kSocketmap) return &socketmap_;
  const Parameter* const parameter = FindParameter(entry.parameter);
  if (parameter == nullptr) return &unserved_;
  return &tcp_tables_[IndexOf(*parameter)];
}

std::string CodecSet::NameOf(const Codec* codec) const {
  if (codec == &socketmap_) return kSocketmap;
  for (size_t i = 0; i < tcp_tables_.size(); ++i) {
    if (codec == &tcp_tables_[i]) {
      return absl::StrCat(kTcpTablePrefix, Parameters()[i].name);
    }
  }
  return "";
}

const Codec* CodecSet::Named(absl::string_view name) const {
  if (name == kSocketmap) return &socketmap_;
  if (!absl::ConsumePrefix(&name, kTcpTablePrefix)) return nullptr;
  const Parameter* const parameter = FindParameter(name);
  return parameter == nullptr ? nullptr : &tcp_tables_[IndexOf(*parameter)];
}

}  // namespace postmirror
