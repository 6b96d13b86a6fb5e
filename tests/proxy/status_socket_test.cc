#include "proxy/status_socket.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <system_error>
#include <vector>

#include "tests/proxy/recording_logger.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Whoever does not read so much has to be waited for.
constexpr size_t kMoreThanASocketHolds = size_t{1} << 20;
constexpr int kDeadlineMilliseconds = 20000;

class StatusSocketTest : public ::testing::Test {
 protected:
  StatusSocketTest() : folder_(testing::TempDir() + "/status-XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/status";
  }
  ~StatusSocketTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  FileDescriptor Connect() const {
    FileDescriptor client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::copy(path_.begin(), path_.end(), address.sun_path);
    if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) != 0) {
      client.Close();
    }
    return client;
  }

  // What comes until the end; "(no end)" where there is none.
  static std::string ReadAll(const FileDescriptor& client) {
    std::string text;
    char buffer[65536];
    for (;;) {
      pollfd event = {.fd = client.get(), .events = POLLIN, .revents = 0};
      if (poll(&event, 1, kDeadlineMilliseconds) != 1) return "(no end)";
      const ssize_t got = recv(client.get(), buffer, sizeof(buffer), 0);
      if (got <= 0) return text;
      text.append(buffer, static_cast<size_t>(got));
    }
  }

  std::string Ask() const { return ReadAll(Connect()); }

  static ProxyStatus Saying(std::string version) {
    ProxyStatus status;
    status.version = std::move(version);
    return status;
  }

  void Publish(std::string version) {
    socket_.Publish(Saying(std::move(version)));
  }

  void Count() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++questions_;
    asked_.notify_all();
    on_question_();
  }

  void OnQuestion(std::function<void()> action) {
    const std::lock_guard<std::mutex> lock(mutex_);
    on_question_ = std::move(action);
  }

  // Until so many were asked, or the deadline.
  bool AwaitQuestions(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return asked_.wait_for(lock,
                           std::chrono::milliseconds(kDeadlineMilliseconds),
                           [&] { return questions_ == count; });
  }

  // The version that a client is told, and not before the end.
  static std::string Version(const FileDescriptor& client) {
    const absl::StatusOr<ProxyStatus> status =
        DecodeProxyStatus(ReadAll(client));
    return status.ok() ? status->version : status.status().ToString();
  }

  std::string folder_;
  std::string path_;
  RecordingLogger logger_;
  std::mutex mutex_;  // guards the next three
  std::condition_variable asked_;
  int questions_ = 0;
  std::function<void()> on_question_ = [] {};
  StatusSocket socket_{[this] { Count(); }, &logger_};
  // One whose clients wait as long as it takes.
  StatusSocket patient_{[this] { Count(); }, &logger_, std::chrono::minutes(5)};
};

TEST_F(StatusSocketTest, SaysWhatWasPublishedLastAndCloses) {
  socket_.Serve(path_);
  Publish("1");
  Publish("2");
  const absl::StatusOr<ProxyStatus> status = DecodeProxyStatus(Ask());
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->version, "2");
  EXPECT_GE(status->silent, absl::ZeroDuration());
  EXPECT_LT(status->silent, absl::Minutes(1));
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

TEST_F(StatusSocketTest, SaysWhatIsSoWhenItIsAsked) {
  patient_.Publish(Saying("1"));
  patient_.Serve(path_);
  for (const char* version : {"2", "3"}) {
    OnQuestion([&] { patient_.Answer(Saying(version)); });
    EXPECT_EQ(Version(Connect()), version);
  }
}

TEST_F(StatusSocketTest, OneQuestionAtATimeIsForAllWhoCameBefore) {
  patient_.Serve(path_);
  const FileDescriptor first = Connect();
  ASSERT_TRUE(AwaitQuestions(1));
  std::vector<FileDescriptor> later;
  for (size_t i = 1; i < StatusSocket::kMaxClients; ++i) {
    later.push_back(Connect());
  }
  EXPECT_TRUE(AwaitQuestions(1));
  OnQuestion([this] { patient_.Answer(Saying("2")); });
  patient_.Answer(Saying("1"));
  EXPECT_EQ(Version(first), "1");
  // What they waited for could have been of a moment before they came.
  for (const FileDescriptor& each : later) EXPECT_EQ(Version(each), "2");
}

TEST_F(StatusSocketTest, WithoutAnAnswerItSaysTheLastOneAndItsAge) {
  Publish("1");
  socket_.Serve(path_);
  EXPECT_EQ(Version(Connect()), "1");
  const absl::StatusOr<ProxyStatus> status = DecodeProxyStatus(Ask());
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->version, "1");
  EXPECT_GE(status->silent, absl::FromChrono(StatusSocket::kLongestWait));
  // What is not answered is not asked again.
  EXPECT_TRUE(AwaitQuestions(1));
  socket_.Answer(Saying("2"));
  EXPECT_EQ(Version(Connect()), "2");
  EXPECT_TRUE(AwaitQuestions(2));
}

TEST_F(StatusSocketTest, WhoWaitsMakesRoomAndGetsWhatThereIs) {
  patient_.Publish(Saying("1"));
  patient_.Serve(path_);
  const FileDescriptor first = Connect();
  ASSERT_TRUE(AwaitQuestions(1));
  std::vector<FileDescriptor> others;
  for (size_t i = 0; i < StatusSocket::kMaxClients; ++i) {
    others.push_back(Connect());
  }
  EXPECT_EQ(Version(first), "1");
}

TEST_F(StatusSocketTest, IsForItsOwnerAndItsGroup) {
  std::filesystem::permissions(folder_, std::filesystem::perms::set_gid,
                               std::filesystem::perm_options::add);
  struct stat facts = {};
  socket_.Serve(path_);
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0660U);
  struct stat around = {};
  ASSERT_EQ(stat(folder_.c_str(), &around), 0);
  EXPECT_EQ(facts.st_gid, around.st_gid);
}

TEST_F(StatusSocketTest, SilentClientsMakeRoomForOthers) {
  Publish(std::string(kMoreThanASocketHolds, 'x'));
  socket_.Serve(path_);
  std::vector<FileDescriptor> silent;
  for (size_t i = 0; i < 4 * StatusSocket::kMaxClients; ++i) {
    silent.push_back(Connect());
  }
  const std::string text = Ask();
  EXPECT_GT(text.size(), kMoreThanASocketHolds);
  EXPECT_TRUE(DecodeProxyStatus(text).ok());
  // The first had to go before it had all of it.
  EXPECT_LT(ReadAll(silent.front()).size(), kMoreThanASocketHolds);
}

TEST_F(StatusSocketTest, AClientThatDoesNotReadGoesInTime) {
  Publish(std::string(kMoreThanASocketHolds, 'x'));
  socket_.Serve(path_);
  const FileDescriptor client = Connect();
  // POLLHUP: the other side has closed, though bytes are left.
  pollfd event = {.fd = client.get(), .events = POLLRDHUP, .revents = 0};
  ASSERT_EQ(poll(&event, 1, kDeadlineMilliseconds), 1);
  EXPECT_LT(ReadAll(client).size(), kMoreThanASocketHolds);
}

TEST_F(StatusSocketTest, AFolderThatIsMissingIsSaidOnceAndTriedAgain) {
  const std::string later = folder_ + "/later";
  path_ = later + "/status";
  socket_.Serve(path_);
  socket_.Serve(path_);
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr("No such file")));
  EXPECT_FALSE(Connect().open());
  std::filesystem::create_directory(later);
  Publish("1");
  socket_.Serve(path_);
  EXPECT_TRUE(DecodeProxyStatus(Ask()).ok());
  EXPECT_THAT(logger_.Take(), ElementsAre("status is said on " + path_));
}

TEST_F(StatusSocketTest, IsWhereItWasServedLast) {
  Publish("1");
  socket_.Serve(path_);
  const std::string former = path_;
  path_ = folder_ + "/other";
  socket_.Serve(path_);
  EXPECT_TRUE(DecodeProxyStatus(Ask()).ok());
  EXPECT_FALSE(std::filesystem::exists(former));
  socket_.Serve("");
  EXPECT_FALSE(Connect().open());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StatusSocketTest, IsBoundAgainWhereItsFileIsGone) {
  socket_.Serve(path_);
  Publish("1");
  std::filesystem::remove(path_);
  socket_.Serve(path_);
  EXPECT_THAT(Ask(), HasSubstr("\"1\""));
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

}  // namespace
}  // namespace postmirror
