#include "schema/config/config.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/config/cf_errors.h"
#include "schema/config/cf_expansion.h"
#include "schema/config/cf_file.h"
#include "schema/config/cf_value.h"
#include "schema/config/domain_list.h"
#include "schema/config/listen_list.h"
#include "schema/config/map_list.h"
#include "schema/config/setting.h"

namespace postmirror {
namespace {

// Turns the entries of postmirror.cf into a Config, noting what is wrong.
class ConfigParser {
 public:
  ConfigParser(const CfFile& file, CfErrors* errors)
      : file_(file), errors_(errors) {}

  Config Parse() {
    for (const CfEntry& entry : file_.entries()) {
      const auto [first, is_first] = lines_.emplace(entry.name, entry.line);
      if (is_first) {
        ParseEntry(entry);
      } else {
        errors_->Add(entry.line, absl::StrCat(Quoted(entry.name),
                                              " is given twice, first in line ",
                                              first->second, ", remove one"));
      }
    }
    FillLocalDomains();
    FillListen();
    FillStatusFolder();
    CheckDelimiter();
    return config_;
  }

 private:
  void ParseEntry(const CfEntry& entry) {
    const Parameter* parameter = FindParameter(entry.name);
    const Setting* setting = FindSetting(entry.name);
    CfEntry* list = ListFor(entry.name);
    if (parameter == nullptr && setting == nullptr && list == nullptr) {
      errors_->Add(entry.line, ReasonAgainst(entry));
      return;
    }
    const absl::StatusOr<CfEntry> expanded = ExpandedEntry(file_, entry);
    // A parameter whose list is wrong is still defined: `listen` is not to
    // blame.
    if (parameter != nullptr &&
        (!expanded.ok() || !SplitList(expanded->value).empty())) {
      defined_.insert(entry.name);
    }
    if (!expanded.ok()) {
      errors_->Add(entry.line, expanded.status().message());
    } else if (parameter != nullptr) {
      ParseServed(*parameter, *expanded);
    } else if (list != nullptr) {
      *list = *expanded;
    } else {
      ApplySetting(*setting, *expanded);
    }
  }

  // Why there is no such name here.
  static std::string ReasonAgainst(const CfEntry& entry) {
    if (!absl::StrContains(entry.value, "mysql:")) {
      return absl::StrCat(Quoted(entry.name),
                          " is no setting of postmirror, correct its name or "
                          "leave the line to main.cf");
    }
    const auto append_name = [](std::string* out, const Parameter& parameter) {
      absl::StrAppend(out, parameter.name);
    };
    return absl::StrCat(
        Quoted(entry.name),
        " is a parameter that postmirror does not serve, leave the line with "
        "its mysql: maps to main.cf; postmirror serves ",
        absl::StrJoin(Parameters(), ", ", append_name));
  }

  // The lists that are taken up once all entries are known.
  CfEntry* ListFor(absl::string_view name) {
    if (name == "listen") return &listen_;
    if (name == "mydestination") return &mydestination_;
    if (name == "myorigin") return &myorigin_;
    return nullptr;
  }

  void ParseServed(const Parameter& parameter, const CfEntry& entry) {
    ServedParameter served = {.parameter = &parameter, .maps = {}};
    for (CfElement& map : ParseMapList(entry, errors_)) {
      // The first place is the one to name.
      config_.map_lines.emplace(map.text, map.line);
      served.maps.push_back(std::move(map.text));
    }
    if (!served.maps.empty()) config_.served.push_back(std::move(served));
  }

  void ApplySetting(const Setting& setting, const CfEntry& entry) {
    const absl::Status status = setting.apply(entry.value, &config_);
    if (status.ok()) return;
    errors_->Add(entry.line, absl::StrCat(entry.name, ": ", Quoted(entry.value),
                                          " ", status.message()));
  }

  void FillLocalDomains() {
    std::vector<std::string>& domains = config_.search.local_domains;
    domains = ParseDomainList(mydestination_, errors_);
    config_.mydestination_stated = !domains.empty();
    // resolve_local(3) or myorigin: mail_addr_find(3) tries the local part for
    // both.
    const std::vector<std::string> origin = ParseDomainList(myorigin_, errors_);
    if (origin.size() > 1) {
      errors_->Add(
          myorigin_.line,
          absl::StrCat("myorigin: ", Quoted(myorigin_.value),
                       " is not one name, write the one that Postfix has"));
    }
    domains.insert(domains.end(), origin.begin(), origin.end());
    std::set<std::string> seen;
    const auto end = std::remove_if(
        domains.begin(), domains.end(),
        [&seen](const std::string& d) { return !seen.insert(d).second; });
    domains.erase(end, domains.end());
  }

  void FillListen() {
    if (!lines_.contains("listen")) {
      config_.listen = DefaultListenList(defined_);
    } else if (listen_.line != 0) {
      config_.listen = ParseListenList(listen_, defined_, errors_);
    }
  }

  // Whoever may read the store's folder has a power over sync that those who
  // watch must not have.
  void FillStatusFolder() {
    const auto line = lines_.find("status_folder");
    if (line == lines_.end()) {
      config_.status_folder = absl::StrCat(config_.store, "-status");
    } else if (absl::StartsWith(absl::StrCat(config_.status_folder, "/"),
                                absl::StrCat(config_.store, "/"))) {
      errors_->Add(
          line->second,
          absl::StrCat("status_folder: ", Quoted(config_.status_folder),
                       " is in the folder of the store, write one "
                       "that is not"));
    }
  }

  void CheckDelimiter() {
    if (lines_.contains("recipient_delimiter")) return;
    // The first in the file: its line is where to look.
    for (const CfEntry& entry : file_.entries()) {
      const Parameter* parameter = FindParameter(entry.name);
      if (parameter == nullptr || parameter->search == SearchKind::kExact)
        continue;
      if (!defined_.contains(entry.name)) continue;
      errors_->Add(
          entry.line,
          absl::StrCat("recipient_delimiter is not stated, but ", entry.name,
                       " needs it, and without it every plus address would "
                       "bounce, add the line that `postconf "
                       "recipient_delimiter` prints"));
      return;
    }
  }

  const CfFile& file_;
  CfErrors* const errors_;
  Config config_;
  std::map<std::string, int> lines_;  // of each name, where it stands first
  std::set<std::string> defined_;  // parameters with a list that is not empty
  CfEntry listen_;
  CfEntry mydestination_{"mydestination", "", 0};
  CfEntry myorigin_{"myorigin", "", 0};
};

}  // namespace

const ServedParameter* Config::Find(absl::string_view parameter) const {
  for (const ServedParameter& candidate : served) {
    if (candidate.parameter->name == parameter) return &candidate;
  }
  return nullptr;
}

std::vector<std::string> Config::MapNames() const {
  std::vector<std::string> names;
  for (const ServedParameter& parameter : served) {
    for (const std::string& map : parameter.maps) {
      if (std::find(names.begin(), names.end(), map) == names.end()) {
        names.push_back(map);
      }
    }
  }
  return names;
}

std::string Config::PlaceOf(const std::string& map) const {
  const auto line = map_lines.find(map);
  return absl::StrCat(path, ":", line == map_lines.end() ? 1 : line->second);
}

absl::StatusOr<Config> ReadConfig(absl::string_view path) {
  const absl::StatusOr<std::string> text = ReadCfText(path);
  if (!text.ok()) return text.status();
  return ParseConfig(path, *text);
}

absl::StatusOr<Config> ParseConfig(absl::string_view path,
                                   absl::string_view text) {
  CfErrors errors(path);
  const CfFile file = CfFile::Scan(path, text, &errors);
  Config config = ConfigParser(file, &errors).Parse();
  config.path = std::string(path);
  if (!errors.empty()) return errors.ToStatus();
  return config;
}

absl::Status CheckServes(const Config& config) {
  if (!config.served.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      config.path,
      ": no parameter is served, so that there is nothing to answer, copy the "
      "lines virtual_mailbox_domains, virtual_mailbox_maps and "
      "virtual_alias_maps with their mysql: maps from main.cf to here"));
}

}  // namespace postmirror
