#include "sync/accept_inbox.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postmirror {

AcceptInbox::AcceptInbox(absl::string_view folder,
                         std::vector<std::string> maps, MirrorStore* store,
                         const Clock* clock, Logger* logger)
    : folder_(folder),
      maps_(std::move(maps)),
      store_(*store),
      clock_(*clock),
      logger_(*logger) {}

bool AcceptInbox::Collect() {
  bool any = false;
  for (const std::string& map : maps_) {
    absl::StatusOr<std::optional<AcceptRequest>> request =
        TakeAcceptRequest(folder_, map);
    if (!request.ok()) {
      if (complaint_ == request.status().message()) continue;
      complaint_ = std::string(request.status().message());
      logger_.Warning(complaint_);
    } else if (request->has_value()) {
      waiting_.push_back(*std::move(*request));
      any = true;
    }
  }
  return any;
}

void AcceptInbox::Submit() {
  waiting_.insert(waiting_.end(), submitted_.begin(), submitted_.end());
  submitted_.clear();
  for (AcceptRequest& request : std::exchange(waiting_, {})) {
    if (clock_.Now().wall - request.requested > kAcceptLifetime) {
      Refuse(request, "the request is over 10 minutes old");
    } else if (!store_.Accept(request.map, request.removals, request.values,
                              request.digest)) {
      Refuse(request,
             "the map is not held, or what is held has changed: see "
             "postmirrorctl status");
    } else {
      submitted_.push_back(std::move(request));
    }
  }
}

void AcceptInbox::Answer(const std::vector<MapResult>& results) {
  for (const AcceptRequest& request : std::exchange(submitted_, {})) {
    const auto result = std::find_if(results.begin(), results.end(),
                                     [&](const MapResult& candidate) {
                                       return candidate.map == request.map;
                                     });
    if (result == results.end() || !result->accept.has_value()) {
      store_.WithdrawAccept(request.map);
      Refuse(request, "the map could not be read: see postmirrorctl status");
    } else if (!result->accept->taken) {
      Refuse(request, result->accept->refusal);
    } else {
      const HeldChanges held = result->held.value_or(HeldChanges());
      Reply(request, {.id = request.id,
                      .applied = true,
                      .reason = "",
                      .removals = result->accept->removals,
                      .values = result->accept->values,
                      .held = held.removals + held.values});
    }
  }
}

void AcceptInbox::Refuse(const AcceptRequest& request,
                         absl::string_view reason) {
  Reply(request,
        {.id = request.id, .applied = false, .reason = std::string(reason)});
}

void AcceptInbox::Reply(const AcceptRequest& request,
                        const AcceptAnswer& answer) {
  logger_.Notice(absl::StrCat(
      "map ", request.map, ": accept ", answer.applied ? "applied" : "refused",
      answer.reason.empty() ? "" : ": ", answer.reason));
  const absl::Status posted = PostAcceptAnswer(folder_, request.map, answer);
  if (!posted.ok()) logger_.Warning(posted.message());
}

}  // namespace postmirror
