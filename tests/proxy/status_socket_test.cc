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

  // Until so many questions were asked, or the deadline.
  bool AwaitQuestions(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return asked_.wait_for(lock,
                           std::chrono::milliseconds(kDeadlineMilliseconds),
                           [&] { return questions_ == count; });
  }

  std::string folder_;
  std::string path_;
  RecordingLogger logger_;
  std::mutex mutex_;
  std::condition_variable asked_;
  int questions_ = 0;  // guarded by mutex_
  std::function<void()> on_question_ = [] {};
  StatusSocket socket_{[this] {
                         const std::lock_guard<std::mutex> lock(mutex_);
                         ++questions_;
                         asked_.notify_all();
                         on_question_();
                       },
                       &logger_};
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
  Publish("1");
  on_question_ = [this] { socket_.Answer(Saying("2")); };
  socket_.Serve(path_);
  EXPECT_THAT(Ask(), HasSubstr("\"2\""));
  on_question_ = [this] { socket_.Answer(Saying("3")); };
  EXPECT_THAT(Ask(), HasSubstr("\"3\""));
}

TEST_F(StatusSocketTest, OneAnswerIsForAllThatWaitedWhenItWasAskedFor) {
  socket_.Serve(path_);
  const FileDescriptor first = Connect();
  ASSERT_TRUE(AwaitQuestions(1));
  std::vector<FileDescriptor> later;
  for (size_t i = 1; i < StatusSocket::kMaxClients; ++i) {
    later.push_back(Connect());
  }
  socket_.Answer(Saying("1"));
  EXPECT_THAT(ReadAll(first), HasSubstr("\"1\""));
  // They came after the question, and that may have been of another moment.
  ASSERT_TRUE(AwaitQuestions(2));
  socket_.Answer(Saying("2"));
  for (const FileDescriptor& each : later) {
    EXPECT_THAT(ReadAll(each), HasSubstr("\"2\""));
  }
  EXPECT_EQ(questions_, 2);
}

TEST_F(StatusSocketTest, WithoutAnAnswerItSaysTheLastOneAndItsAge) {
  Publish("1");
  socket_.Serve(path_);
  EXPECT_THAT(Ask(), HasSubstr("\"1\""));
  const absl::StatusOr<ProxyStatus> status = DecodeProxyStatus(Ask());
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->version, "1");
  EXPECT_GE(status->silent, absl::FromChrono(StatusSocket::kLongestWait));
  // Nobody asks again who has not been answered.
  EXPECT_EQ(questions_, 1);
  socket_.Answer(Saying("2"));
  const FileDescriptor client = Connect();
  ASSERT_TRUE(AwaitQuestions(2));
  socket_.Answer(Saying("3"));
  EXPECT_THAT(ReadAll(client), HasSubstr("\"3\""));
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
