#include "schema/store/store_reader.h"

#include <mutex>
#include <utility>

#include "schema/store/environment.h"
#include "schema/store/store_view.h"

namespace postmirror {

StoreReader::StoreReader(absl::string_view folder) : folder_(folder) {}

StoreReader::~StoreReader() = default;

absl::Status StoreReader::Refresh() {
  if (environment_ != nullptr && !environment_->unusable() &&
      !environment_->suspect() && environment_->CheckFiles().ok()) {
    return absl::OkStatus();
  }
  Close();
  absl::StatusOr<std::unique_ptr<Environment>> opened =
      Environment::OpenForReading(folder_);
  if (!opened.ok()) return opened.status();
  const std::lock_guard<std::shared_mutex> lock(mutex_);
  environment_ = *std::move(opened);
  return absl::OkStatus();
}

std::string StoreReader::DataFile() const {
  return environment_ == nullptr ? "" : environment_->DataFile();
}

void StoreReader::Close() {
  // Views that begin from now on let go at once: with many of them there might
  // never be a moment without one.
  if (environment_ != nullptr) environment_->MarkUnusable();
  const std::lock_guard<std::shared_mutex> lock(mutex_);
  for (StoreView* view : views_) view->Forget();
  environment_.reset();
}

}  // namespace postmirror
