#include "schema/query/union_branches.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

constexpr absl::string_view kOfTheWhole[] = {"order", "limit"};

absl::Status Refuse(absl::string_view why) {
  return absl::InvalidArgumentError(why);
}

absl::Status RefuseOfTheWhole(const SqlToken& word) {
  return Refuse(absl::StrCat(absl::AsciiStrToUpper(word.text),
                             " behind a UNION is that of all its SELECTs "
                             "together, over all keys"));
}

// Walks over the SELECTs from the left.
class UnionSplitter {
 public:
  explicit UnionSplitter(SqlTokens tokens) : tokens_(tokens) {}

  absl::StatusOr<std::vector<UnionBranch>> Run() {
    if (absl::Status status = TakeSelect(); !status.ok()) return status;
    while (at_ < tokens_.size()) {
      if (absl::Status status = TakeUnion(); !status.ok()) return status;
      if (absl::Status status = TakeSelect(); !status.ok()) return status;
    }
    if (branches_.size() > 1) {
      if (absl::Status status = CheckBare(); !status.ok()) return status;
    }
    return std::move(branches_);
  }

 private:
  absl::Status TakeSelect() {
    SqlTokens select = tokens_.subspan(at_);
    if (!select.empty() && select.front().IsOperator("(")) {
      const size_t close = ClosingParenthesis(select, 0);
      at_ += close + 1;
      select = select.subspan(1, close - 1);
    } else {
      select = select.first(FindAtTopLevel(select, "union"));
      at_ += select.size();
      bare_.push_back(select);
    }
    if (!IsKeyword(select, 0, "select")) {
      return Refuse(branches_.empty()
                        ? "it does not begin with SELECT"
                        : "behind UNION, something else than SELECT follows");
    }
    branches_.push_back({.select = select, .all = all_});
    return absl::OkStatus();
  }

  // REQUIRES: a SELECT in parentheses was taken, or tokens_[at_] is UNION.
  absl::Status TakeUnion() {
    if (IsAnyKeyword(tokens_, at_, kOfTheWhole)) {
      return RefuseOfTheWhole(tokens_[at_]);
    }
    if (!IsKeyword(tokens_, at_, "union")) {
      return Refuse(absl::StrCat(Excerpt(tokens_[at_].text),
                                 " follows a SELECT in parentheses"));
    }
    all_ = IsKeyword(tokens_, ++at_, "all");
    if (all_ || IsKeyword(tokens_, at_, "distinct")) ++at_;
    return absl::OkStatus();
  }

  // Of SELECTs without parentheses, only the last one can end in ORDER BY or
  // LIMIT, and there they are those of the whole.
  absl::Status CheckBare() const {
    for (SqlTokens select : bare_) {
      for (absl::string_view word : kOfTheWhole) {
        const size_t found = FindAtTopLevel(select, word);
        if (found < select.size()) return RefuseOfTheWhole(select[found]);
      }
    }
    return absl::OkStatus();
  }

  SqlTokens tokens_;
  size_t at_ = 0;
  bool all_ = false;
  std::vector<SqlTokens> bare_;
  std::vector<UnionBranch> branches_;
};

}  // namespace

absl::StatusOr<std::vector<UnionBranch>> SplitUnion(SqlTokens tokens) {
  return UnionSplitter(tokens).Run();
}

}  // namespace postmirror
