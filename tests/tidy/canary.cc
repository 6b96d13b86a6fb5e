// Must fail: each function or type below breaks one rule of .clang-tidy, one of
// them a rule that stands in CheckOptions alone. Lint that lets this file pass
// is lint that reads no configuration. Not part of any target; see run.
namespace postmirror {

// readability-identifier-naming: a private member without its trailing
// underscore.
class Canary {
 public:
  int song() const { return song_without_underscore; }

 private:
  int song_without_underscore = 0;
};

// readability-identifier-naming: an enumerator that is not kLikeThis.
enum class Plumage { YELLOW };

// modernize-use-nullptr.
const Canary* FindCanary() { return 0; }

}  // namespace postmirror
