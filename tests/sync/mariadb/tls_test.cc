// A server with a certificate of its own, signed by nobody else.
#include <gmock/gmock.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/mariadb_server.h"

namespace postmirror {
namespace {

class TlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    // mkdtemp's folder is root's: the key is made readable for the server.
    char folder[] = "/tmp/postmirror-tls-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    Folder() = folder;
    const std::string command = absl::StrCat(
        "chmod 755 ", Folder(),
        " && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj ",
        "/CN=mail.example.org -keyout ", Folder(), "/key.pem -out ",
        Certificate(), " 2>", Folder(), "/log && chmod 644 ", Folder(),
        "/key.pem");
    ASSERT_EQ(std::system(command.c_str()), 0);
    auto started = MariadbServer::Start(
        {absl::StrCat("--ssl-cert=", Certificate()),
         absl::StrCat("--ssl-key=", Folder(), "/key.pem")});
    ASSERT_TRUE(started.ok()) << started.status();
    Server() = std::move(*started);
  }

  static void TearDownTestSuite() {
    Server().reset();
    ASSERT_EQ(std::system(absl::StrCat("rm -r ", Folder()).c_str()), 0);
  }

  static std::string Certificate() { return Folder() + "/cert.pem"; }

  static absl::StatusOr<std::string> Cipher(const LogOn& tls) {
    ConnectionSettings settings = Server()->Root();
    settings.log_on.tls_CAfile = tls.tls_CAfile;
    settings.log_on.tls_ciphers = tls.tls_ciphers;
    settings.log_on.tls_verify_cert = tls.tls_verify_cert;
    const auto connection = Connection::Open(Server()->Tcp(), settings);
    if (!connection.ok()) return connection.status();
    std::string cipher;
    const absl::Status status =
        (*connection)
            ->Query("SHOW SESSION STATUS LIKE 'Ssl_cipher'",
                    Connection::Columns::Exactly(2), [&](Connection::Row row) {
                      cipher = std::string(row[1].value_or(""));
                      return absl::OkStatus();
                    });
    if (!status.ok()) return status;
    return cipher;
  }

  static std::string& Folder() {
    static std::string folder;
    return folder;
  }

  static std::unique_ptr<MariadbServer>& Server() {
    static std::unique_ptr<MariadbServer> server;
    return server;
  }
};

TEST_F(TlsTest, PlainTextIsTheDefault) {
  const auto cipher = Cipher({});
  ASSERT_TRUE(cipher.ok()) << cipher.status();
  EXPECT_EQ(*cipher, "");
}

TEST_F(TlsTest, ATlsSettingEncryptsAndVerifies) {
  LogOn tls;
  tls.tls_ciphers = "ALL";
  EXPECT_EQ(Cipher(tls).status().code(), absl::StatusCode::kUnauthenticated);
  tls.tls_verify_cert = false;
  const auto cipher = Cipher(tls);
  ASSERT_TRUE(cipher.ok()) << cipher.status();
  EXPECT_NE(*cipher, "");
}

TEST_F(TlsTest, CertificateForAnotherNameIsRefusedWhenVerified) {
  LogOn tls;
  tls.tls_CAfile = Certificate();
  EXPECT_EQ(Cipher(tls).status().code(), absl::StatusCode::kUnauthenticated);
  tls.tls_verify_cert = false;
  EXPECT_TRUE(Cipher(tls).ok());
}

TEST_F(TlsTest, ItDoesNotConcernUnixSockets) {
  ConnectionSettings settings = Server()->Root();
  settings.log_on.tls_CAfile = Certificate();
  EXPECT_TRUE(Connection::Open(Server()->Unix(), settings).ok());
}

TEST_F(TlsTest, CancelEndsAnEncryptedConnection) {
  ConnectionSettings settings = Server()->Root();
  settings.log_on.tls_verify_cert = false;
  const auto connection = Connection::Open(Server()->Tcp(), settings);
  ASSERT_TRUE(connection.ok()) << connection.status();
  (*connection)->Cancel();
  EXPECT_EQ((*connection)->Execute("DO 1").code(),
            absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace postmirror
