#include "schema/status/json.h"

#include <jansson.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace postmirror {

Json::Json(json_t* value)
    : value_(value == nullptr ? json_null() : value,
             [](json_t* owned) { json_decref(owned); }) {}

Json Json::Null() { return Json(json_null()); }
Json Json::Object() { return Json(json_object()); }
Json Json::Array() { return Json(json_array()); }

Json Json::Text(absl::string_view text) {
  json_t* const value = json_stringn(text.data(), text.size());
  return Json(value != nullptr ? value : json_string("(not UTF-8)"));
}

Json Json::Number(uint64_t number) {
  return Json(json_integer(static_cast<json_int_t>(number)));
}

Json Json::Real(double number) { return Json(json_real(number)); }
Json Json::Bool(bool truth) { return Json(json_boolean(truth)); }

absl::StatusOr<Json> Json::Parse(absl::string_view text) {
  json_error_t error = {};
  json_t* const value = json_loadb(text.data(), text.size(), 0, &error);
  if (value != nullptr) return Json(value);
  return absl::DataLossError(
      absl::StrCat("is no JSON: ", absl::string_view(error.text)));
}

void Json::Set(const char* name, const Json& value) {
  json_object_set(value_.get(), name, value.value_.get());
}

void Json::Append(const Json& value) {
  json_array_append(value_.get(), value.value_.get());
}

std::string Json::Print(size_t indent) const {
  const std::unique_ptr<char, void (*)(void*)> text(
      json_dumps(value_.get(), JSON_INDENT(indent) | JSON_REAL_PRECISION(6)),
      std::free);
  return text == nullptr ? std::string() : std::string(text.get());
}

Json Json::Get(const char* name) const {
  return Json(json_incref(json_object_get(value_.get(), name)));
}

std::vector<Json> Json::Items() const {
  std::vector<Json> items;
  for (size_t i = 0; i < json_array_size(value_.get()); ++i) {
    items.push_back(Json(json_incref(json_array_get(value_.get(), i))));
  }
  return items;
}

std::string Json::text() const {
  const char* const text = json_string_value(value_.get());
  if (text == nullptr) return "";
  return std::string(text, json_string_length(value_.get()));
}

std::optional<uint64_t> Json::number() const {
  if (!json_is_integer(value_.get())) return std::nullopt;
  return static_cast<uint64_t>(json_integer_value(value_.get()));
}

double Json::real() const { return json_number_value(value_.get()); }
bool Json::truth() const { return json_is_true(value_.get()); }
bool Json::is_object() const { return json_is_object(value_.get()); }

}  // namespace postmirror
