#include "sync/ctl/ask_proxy.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "schema/runtime/file_descriptor.h"
#include "tests/schema/store/store_fixture.h"
#include "tests/sync/await.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(20);

class AskProxyTest : public ::testing::Test {
 protected:
  // Listens, and answers nobody.
  AskProxyTest() {
    const sockaddr_un address = Address();
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)),
              0);
    EXPECT_EQ(listen(listener_.get(), 4), 0);
  }

  std::string Path() const { return folder_.File("status"); }

  sockaddr_un Address() const {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = Path();
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
  }

  // What is made of a proxy that says `text`.
  absl::StatusOr<ProxyStatus> Hear(const std::string& text) {
    std::thread proxy([&] {
      const FileDescriptor client(accept(listener_.get(), nullptr, nullptr));
      EXPECT_EQ(send(client.get(), text.data(), text.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(text.size()));
    });
    absl::StatusOr<ProxyStatus> status = AskProxy(Path(), kPatience);
    proxy.join();
    return status;
  }

  // Until this thread of ours waits for something.
  static void AwaitSleep(pid_t thread) {
    const std::string path = absl::StrCat("/proc/self/task/", thread, "/stat");
    EXPECT_TRUE(Await([&] {
      std::string number;
      std::string name;
      char state = 0;
      std::ifstream(path) >> number >> name >> state;  // proc(5)
      return state == 'S';
    }));
  }

  TemporaryFolder folder_;
  FileDescriptor listener_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

// As where somebody connects all the time.
TEST_F(AskProxyTest, WaitsForRoomInItsQueue) {
  std::vector<FileDescriptor> others;
  for (;;) {
    FileDescriptor other(
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sockaddr_un address = Address();
    if (connect(other.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) != 0) {
      ASSERT_EQ(errno, EAGAIN);
      break;
    }
    others.push_back(std::move(other));
  }
  const absl::Status full = AskProxy(Path(), absl::Milliseconds(10)).status();
  EXPECT_EQ(CodeOf(full), "UNAVAILABLE");
  EXPECT_THAT(std::string(full.message()), HasSubstr("timed out"));
  ProxyStatus status;
  status.version = "1.2.3";
  const std::string text = EncodeProxyStatus(status);
  const pid_t asks = gettid();
  std::thread proxy([&] {
    AwaitSleep(asks);
    for (size_t i = 0; i <= others.size(); ++i) {
      const FileDescriptor client(accept(listener_.get(), nullptr, nullptr));
      send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }
  });
  EXPECT_EQ(AskProxy(Path(), kPatience).status(), absl::OkStatus());
  shutdown(listener_.get(), SHUT_RDWR);  // where it has not waited
  proxy.join();
}

TEST_F(AskProxyTest, ReturnsWhatItSays) {
  ProxyStatus status;
  status.version = "1.2.3";
  const absl::StatusOr<ProxyStatus> heard = Hear(EncodeProxyStatus(status));
  ASSERT_TRUE(heard.ok()) << heard.status();
  EXPECT_EQ(*heard, status);
}

TEST_F(AskProxyTest, AnotherAnswerIsNone) {
  EXPECT_EQ(CodeOf(Hear("").status()), "DATA_LOSS");
  EXPECT_EQ(CodeOf(Hear("200 OK\n").status()), "DATA_LOSS");
}

TEST_F(AskProxyTest, NobodyAnswers) {
  EXPECT_EQ(CodeOf(AskProxy(Path(), absl::Milliseconds(10)).status()),
            "UNAVAILABLE");
  EXPECT_EQ(CodeOf(AskProxy(folder_.File("no"), kPatience).status()),
            "UNAVAILABLE");
  listener_.Close();
  EXPECT_EQ(CodeOf(AskProxy(Path(), kPatience).status()), "UNAVAILABLE");
  EXPECT_EQ(CodeOf(AskProxy(std::string(200, 'x'), kPatience).status()),
            "UNAVAILABLE");
}

TEST_F(AskProxyTest, WhoMayNotAskIsToldSo) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  chmod(folder_.path().c_str(), 0755);
  chmod(Path().c_str(), 0660);
  EXPECT_EQ(InChild([&]() -> std::string {
              if (setgroups(0, nullptr) != 0 || setgid(65534) != 0 ||
                  setuid(65534) != 0) {
                return "not root";
              }
              return CodeOf(AskProxy(Path(), kPatience).status());
            }),
            "PERMISSION_DENIED");
}

}  // namespace
}  // namespace postmirror
