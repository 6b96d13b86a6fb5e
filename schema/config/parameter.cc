#include "schema/config/parameter.h"

namespace postmirror {
namespace {

constexpr absl::string_view kNone;

constexpr Parameter kParameters[] = {
    {"virtual_mailbox_domains", SearchKind::kExact, kNone},
    {"virtual_alias_domains", SearchKind::kExact, kNone},
    {"virtual_mailbox_maps", SearchKind::kAddress, kNone},
    {"relay_recipient_maps", SearchKind::kAddress, kNone},
    {"smtpd_sender_login_maps", SearchKind::kAddress, kNone},
    {"virtual_alias_maps", SearchKind::kAddressWithExtension, "virtual"},
    {"canonical_maps", SearchKind::kAddressWithExtension, "canonical"},
    {"sender_canonical_maps", SearchKind::kAddressWithExtension, "canonical"},
    {"recipient_canonical_maps", SearchKind::kAddressWithExtension,
     "canonical"},
};

}  // namespace

absl::Span<const Parameter> Parameters() { return kParameters; }

const Parameter* FindParameter(absl::string_view name) {
  for (const Parameter& parameter : kParameters) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

size_t IndexOf(const Parameter& parameter) {
  return static_cast<size_t>(&parameter - kParameters);
}

}  // namespace postmirror
