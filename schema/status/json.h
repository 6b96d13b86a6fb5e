// A JSON value, which Jansson keeps.
//
//   Json map = Json::Object();
//   map.Set("name", Json::Text("/etc/postmirror/aliases.cf"));
//   std::string text = map.Print(2);
//
// Copies share one value. Used by one thread.
#ifndef POSTMIRROR_SCHEMA_STATUS_JSON_H_
#define POSTMIRROR_SCHEMA_STATUS_JSON_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct json_t;

namespace postmirror {

class Json {
 public:
  static Json Null();
  static Json Object();
  static Json Array();
  // What is no UTF-8 is not shown: names are the file system's bytes.
  static Json Text(absl::string_view text);
  static Json Number(uint64_t number);
  static Json Real(double number);
  static Json Bool(bool truth);

  // kDataLoss for what is no JSON, with Jansson's reason.
  static absl::StatusOr<Json> Parse(absl::string_view text);

  // REQUIRES: an object, an array.
  void Set(const char* name, const Json& value);
  void Append(const Json& value);

  // `indent` spaces a level; all in one line where it is 0.
  std::string Print(size_t indent) const;

  // The member of an object; null where there is none.
  Json Get(const char* name) const;
  // The elements of an array; none of what is none.
  std::vector<Json> Items() const;
  // "", nothing, 0, false for a value of another kind.
  std::string text() const;
  std::optional<uint64_t> number() const;
  double real() const;
  bool truth() const;
  bool is_object() const;

 private:
  // Owns `value` from now on; null where it is nullptr, for want of memory.
  explicit Json(json_t* value);

  std::shared_ptr<json_t> value_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STATUS_JSON_H_
