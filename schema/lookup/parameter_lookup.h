// A lookup as Postfix asks it: a parameter of postmirror.cf and a key, answered
// from the store by the parameter's search. One a thread.
#ifndef POSTMIRROR_SCHEMA_LOOKUP_PARAMETER_LOOKUP_H_
#define POSTMIRROR_SCHEMA_LOOKUP_PARAMETER_LOOKUP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/config/config.h"
#include "schema/search/address_search.h"
#include "schema/search/outcome.h"
#include "schema/store/store_view.h"

namespace postmirror {

class ParameterLookup {
 public:
  // `config` and `store` must outlive it.
  ParameterLookup(const Config& config, StoreReader* store);

  // Lookups between Begin and End see one moment of the store. Begin before the
  // first lookup of a wake-up, End before waiting again.
  void Begin() { view_.Begin(); }
  void End() { view_.End(); }

  // See StoreView::moment. REQUIRES: between Begin and End.
  uint64_t moment() const { return view_.moment(); }

  // What is looked up in. Its maps are those of Config::MapNames().
  StoreView& view() { return view_; }

  // Answers `key` in `config.served[served]` by the parameter's search.
  // `*value` is the value if found, a short reason for the operator if
  // temporary, and unspecified otherwise. Found values are never empty.
  Outcome Lookup(size_t served, absl::string_view key, std::string* value);

  // The same for this one key form, over the maps in order: no address search.
  Outcome LookupExact(size_t served, absl::string_view key, std::string* value);

 private:
  struct Search {
    AddressSearch address_search;
    std::vector<size_t> maps;  // indices into the view's maps
  };

  // kFound if the store knows every map of the parameter, else kTemporary.
  Outcome CheckFilled(const Search& search, std::string* value);

  std::vector<Search> searches_;  // by index into config.served
  StoreView view_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_LOOKUP_PARAMETER_LOOKUP_H_
