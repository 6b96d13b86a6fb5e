#include "sync/mariadb/connection.h"

#include <errmsg.h>
#include <mysql.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync/mariadb/connect_options.h"
#include "sync/mariadb/greeting_check.h"
#include "sync/mariadb/server_error.h"

namespace postmirror {
namespace {

// As long as the server allows on every system.
constexpr unsigned kIdleSeconds = 2147483;
// How long the server lets a transaction of ours idle. One whose client froze
// would otherwise block every ALTER TABLE for hours.
constexpr int kIdleTransactionSeconds = 60;
// How many read timeouts an answer that is kept may take altogether.
constexpr int kTimeoutsAnAnswer = 3;
// Of a line that is not too slow.
constexpr size_t kLeastBytesASecond = 8192;

struct CloseStatement {
  void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};

// Whether the column is compared as text, or as bytes. An INET6 or a UUID is
// sent as text, but compared as what it means.
bool IsString(const MYSQL_FIELD& field) {
  MARIADB_CONST_STRING name = {nullptr, 0};
  if (mariadb_field_attr(&name, &field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME) ==
          0 &&
      name.length > 0) {
    return false;
  }
  switch (field.type) {
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_ENUM:
    case MYSQL_TYPE_SET:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
      return true;
    default:
      return false;
  }
}

const char* OrNull(const std::optional<std::string>& text) {
  return text.has_value() ? text->c_str() : nullptr;
}

// nullptr leads to the unix socket, as in mysql_table(5).
const char* HostOf(const ServerAddress& address) {
  return address.IsLocal() ? nullptr : address.host.c_str();
}

std::string BadAnswerText(absl::string_view address, absl::string_view what) {
  return absl::StrCat("server ", address,
                      ": query: it answers a question with ", what,
                      ", as MariaDB does not: see who listens there");
}

std::string CountText(Connection::Columns wanted, size_t count) {
  return absl::StrCat(count, count == 1 ? " column" : " columns",
                      " instead of ", wanted.least,
                      wanted.most > wanted.least ? " or more" : "");
}

// Bounds an answer that is kept: a server may send rows without end.
class AnswerBound {
 public:
  explicit AnswerBound(absl::string_view address) : address_(address) {}

  absl::Status Take(Connection::Row row) {
    // What a row costs beside its bytes.
    constexpr size_t kBytesARow = 64;
    constexpr size_t kMaxBytes = size_t{256} << 20;
    bytes_ += kBytesARow;
    for (const auto& column : row) bytes_ += column.value_or("").size();
    if (bytes_ <= kMaxBytes) return absl::OkStatus();
    return absl::OutOfRangeError(BadAnswerText(
        address_, absl::StrCat("more than ", kMaxBytes, " bytes")));
  }

 private:
  const absl::string_view address_;
  size_t bytes_ = 0;
};

// "10.11.19-MariaDB-0+deb12u1" to "10.11.19-MariaDB".
absl::string_view ShortVersion(absl::string_view version) {
  constexpr absl::string_view kName = "-MariaDB";
  const size_t at = version.find(kName);
  return version.substr(0, at == version.npos ? 100 : at + kName.size());
}

}  // namespace

void Connection::CloseMysql::operator()(MYSQL* mysql) const {
  mysql_close(mysql);
}

void Connection::FreeResult::operator()(MYSQL_RES* result) const {
  mysql_free_result(result);
}

Connection::Connection(std::unique_ptr<MYSQL, CloseMysql> mysql,
                       const ServerAddress& address,
                       const ConnectionSettings& settings)
    : address_(address.ToString()),
      read_timeout_(settings.read_timeout),
      socket_(settings.watch),
      greeting_check_(std::make_unique<GreetingCheck>(
          address, settings.log_on.WantsTls(), settings.owners, &socket_)),
      mysql_(std::move(mysql)) {}

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const ServerAddress& address, const ConnectionSettings& settings) {
  std::unique_ptr<MYSQL, CloseMysql> handle(mysql_init(nullptr));
  if (handle == nullptr)
    return absl::ResourceExhaustedError("mysql_init: out of memory");
  MYSQL* const mysql = handle.get();
  auto connection = std::unique_ptr<Connection>(
      new Connection(std::move(handle), address, settings));
  if (absl::Status status =
          SetConnectOptions(settings, address.IsLocal(), mysql);
      !status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat("server ", connection->address_,
                                     ": connect: ", status.message()));
  }
  const TimeLimit limit(&connection->socket_,
                        settings.connect_timeout + settings.read_timeout,
                        "connect_timeout + read_timeout");
  GreetingCheck& check = *connection->greeting_check_;
  if (absl::Status status = check.Attach(mysql); !status.ok()) return status;
  if (connection->socket_.cancelled()) {
    return connection->LastError(kConnectStep);
  }
  // NULL, and not "", leaves user and password to the option file.
  if (mysql_real_connect(
          mysql, HostOf(address), OrNull(settings.log_on.user),
          OrNull(settings.log_on.password),
          settings.dbname.empty() ? nullptr : settings.dbname.c_str(),
          address.port,
          address.unix_path.empty() ? nullptr : address.unix_path.c_str(),
          0) == nullptr) {
    return check.verdict().ok() ? connection->LastError(kConnectStep)
                                : check.verdict();
  }
  if (absl::Status status = check.Conclude(); !status.ok()) return status;
  absl::Status status = connection->PrepareSession(settings);
  if (!status.ok()) return status;
  return connection;
}

absl::Status Connection::PrepareSession(const ConnectionSettings& settings) {
  MYSQL* const mysql = mysql_.get();
  BoundPackets(kMaxPacketBytes, mysql);
  version_ = mysql_get_server_info(mysql);
  server_ = absl::StrCat(ShortVersion(version_), " at ", address_);
  // Said once more: the server's init_connect may have set another one.
  if (mysql_set_character_set(mysql, settings.charset.c_str()) != 0) {
    return LastError(absl::StrCat("set charset ", settings.charset));
  }
  // A limit from the server's defaults would cut a table short and turn its
  // other rows into "not found"; one of time would never let a large table be
  // read, and one of idleness would end the connection between two reads. The
  // rows of a key are brought together by sorting (LIMIT): it must see all of
  // the longest key, 511 bytes, which a collation can expand to 12 times that.
  // Waiting for a lock must end before our read
  // timeout does, or each retry leaves a waiting thread behind in the server.
  const unsigned lock_wait =
      std::max(1U, WholeSeconds(settings.read_timeout) / 2);
  const std::string session = absl::StrCat(
      "SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = "
      "1,"
      " autocommit = 1, max_sort_length = 8192, lock_wait_timeout = ",
      lock_wait, ", wait_timeout = ", kIdleSeconds,
      " /*M! , max_statement_time = 0, idle_transaction_timeout = ",
      kIdleTransactionSeconds, " */");
  if (absl::Status status = Execute(session); !status.ok()) return status;
  // Below it WITH CONSISTENT SNAPSHOT is only a warning.
  return Execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
}

absl::Status Connection::LastError(absl::string_view step) const {
  if (socket_.cancelled()) {
    return absl::CancelledError(
        absl::StrCat("server ", address_, ": ", step, ": cancelled"));
  }
  if (const std::string limit = socket_.exceeded(); !limit.empty()) {
    return absl::UnavailableError(absl::StrCat(
        "server ", address_, ": ", step, ": no whole answer within ", limit,
        ": it sends too slowly, raise that, or see who listens there"));
  }
  unsigned number = mysql_errno(mysql_.get());
  // The library says of this, too, that the server was lost.
  constexpr unsigned kTooLong = 1;
  if (number == CR_SERVER_LOST && mysql_->net.error == kTooLong) {
    number = CR_NET_PACKET_TOO_LARGE;
  }
  if (number == 0) {
    return absl::InternalError(absl::StrCat("server ", address_, ": ", step,
                                            ": failed without an error"));
  }
  return ServerError(address_, step, number, mysql_error(mysql_.get()));
}

TimeLimit Connection::LimitAnswer(size_t question) {
  // A slow line has time for a long question, and an answer as long.
  const absl::Duration transfer = absl::Seconds(question / kLeastBytesASecond);
  return {&socket_, kTimeoutsAnAnswer * read_timeout_ + transfer,
          "3 times read_timeout"};
}

absl::Status Connection::BadAnswer(absl::string_view what) const {
  return absl::UnavailableError(BadAnswerText(address_, what));
}

absl::Status Connection::Refuse(absl::string_view what) const {
  socket_.Shutdown();
  return BadAnswer(what);
}

absl::StatusOr<std::unique_ptr<MYSQL_RES, Connection::FreeResult>>
Connection::Send(absl::string_view sql) {
  const TimeLimit limit = LimitAnswer(sql.size());
  if (socket_.cancelled() ||
      mysql_real_query(mysql_.get(), sql.data(), sql.size()) != 0) {
    return LastError("query");
  }
  std::unique_ptr<MYSQL_RES, FreeResult> result(mysql_use_result(mysql_.get()));
  // A statement without a result has no columns.
  if (result == nullptr && (mysql_errno(mysql_.get()) != 0 ||
                            mysql_field_count(mysql_.get()) != 0)) {
    return LastError("query");
  }
  return result;
}

absl::Status Connection::Execute(absl::string_view sql) {
  return Query(sql, Columns::AtLeast(0), [](Row) { return absl::OkStatus(); });
}

absl::Status Connection::Query(absl::string_view sql, Columns columns,
                               absl::FunctionRef<absl::Status(Row)> on_row) {
  const TimeLimit limit = LimitAnswer(sql.size());
  AnswerBound bound(address_);
  return Ask(sql, columns, [&](Row row) {
    const absl::Status taken = bound.Take(row);
    return taken.ok() ? on_row(row) : taken;
  });
}

absl::Status Connection::QueryRow(absl::string_view sql, size_t columns,
                                  absl::FunctionRef<absl::Status(Row)> on_row) {
  size_t rows = 0;
  absl::Status read = Query(sql, Columns::Exactly(columns), [&](Row row) {
    return ++rows == 1 ? on_row(row) : BadAnswer("more than one row");
  });
  if (!read.ok()) return read;
  return rows == 1 ? absl::OkStatus() : Refuse("no row");
}

absl::Status Connection::QueryTable(
    absl::string_view sql, Columns columns,
    absl::FunctionRef<absl::Status(Row)> on_row) {
  const TimeLimit limit = LimitAnswer(sql.size());
  return Ask(sql, columns, [&](Row row) {
    socket_.Progress();
    return on_row(row);
  });
}

absl::Status Connection::Ask(absl::string_view sql, Columns columns,
                             absl::FunctionRef<absl::Status(Row)> on_row) {
  const auto result = Send(sql);
  if (!result.ok()) return result.status();
  const size_t count = *result == nullptr ? 0 : mysql_num_fields(result->get());
  if (count < columns.least || count > columns.most) {
    return Refuse(CountText(columns, count));
  }
  if (*result == nullptr) return absl::OkStatus();
  return ReadRows(result->get(), on_row);
}

absl::Status Connection::QueryNamed(
    absl::string_view sql, absl::Span<const absl::string_view> names,
    absl::FunctionRef<absl::Status(Row)> on_row) {
  const TimeLimit limit = LimitAnswer(sql.size());
  const auto result = Send(sql);
  if (!result.ok()) return result.status();
  if (*result == nullptr) return Refuse("no columns");
  const absl::Span<const MYSQL_FIELD> fields(mysql_fetch_fields(result->get()),
                                             mysql_num_fields(result->get()));
  std::vector<size_t> places;
  for (const absl::string_view name : names) {
    const auto field = std::find_if(
        fields.begin(), fields.end(),
        [name](const MYSQL_FIELD& each) { return each.name == name; });
    if (field == fields.end()) {
      return Refuse(absl::StrCat("no column ", name));
    }
    places.push_back(static_cast<size_t>(field - fields.begin()));
  }
  std::vector<std::optional<absl::string_view>> named(names.size());
  AnswerBound bound(address_);
  return ReadRows(result->get(), [&](Row row) {
    for (size_t i = 0; i < places.size(); ++i) named[i] = row[places[i]];
    const absl::Status taken = bound.Take(row);
    return taken.ok() ? on_row(named) : taken;
  });
}

absl::Status Connection::ReadRows(MYSQL_RES* result,
                                  absl::FunctionRef<absl::Status(Row)> on_row) {
  std::vector<std::optional<absl::string_view>> row(mysql_num_fields(result));
  while (MYSQL_ROW columns = mysql_fetch_row(result)) {
    const unsigned long* const lengths = mysql_fetch_lengths(result);
    for (size_t i = 0; i < row.size(); ++i) {
      row[i].reset();
      if (columns[i] != nullptr) row[i].emplace(columns[i], lengths[i]);
    }
    if (absl::Status status = on_row(row); !status.ok()) {
      // To read past the rest could take for ever.
      if (absl::IsOutOfRange(status) || absl::IsUnavailable(status)) {
        socket_.Shutdown();
      }
      return status;
    }
  }
  // The end of the rows and the end of the connection look alike but for this.
  if (mysql_errno(mysql_.get()) != 0) return LastError("read");
  return absl::OkStatus();
}

absl::StatusOr<Connection::Shape> Connection::Describe(absl::string_view sql) {
  const TimeLimit limit = LimitAnswer(sql.size());
  if (socket_.cancelled()) return LastError("prepare");
  const std::unique_ptr<MYSQL_STMT, CloseStatement> statement(
      mysql_stmt_init(mysql_.get()));
  if (statement == nullptr) return LastError("prepare");
  if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0) {
    if (socket_.ended()) return LastError("prepare");
    return ServerError(address_, "prepare", mysql_stmt_errno(statement.get()),
                       mysql_stmt_error(statement.get()));
  }
  const std::unique_ptr<MYSQL_RES, FreeResult> result(
      mysql_stmt_result_metadata(statement.get()));
  if (result == nullptr || mysql_num_fields(result.get()) == 0) {
    return absl::InternalError(
        absl::StrCat("server ", address_, ": prepare: no column"));
  }
  const MYSQL_FIELD* const first = mysql_fetch_field_direct(result.get(), 0);
  return Shape{.columns = mysql_num_fields(result.get()),
               .first_is_string = IsString(*first)};
}

absl::Status Connection::Use(absl::string_view dbname) {
  const TimeLimit limit = LimitAnswer(dbname.size());
  if (socket_.cancelled()) return LastError("use");
  if (dbname == database_) return absl::OkStatus();
  database_ = std::string(dbname);
  if (mysql_select_db(mysql_.get(), database_.c_str()) != 0) {
    database_.clear();
    return LastError("use");
  }
  return absl::OkStatus();
}

std::string Connection::Quote(absl::string_view text) const {
  std::string quoted(2 * text.size() + 3, '\0');
  quoted[0] = '\'';
  const unsigned long size = mysql_real_escape_string(
      mysql_.get(), quoted.data() + 1, text.data(), text.size());
  quoted.resize(1 + size);
  quoted.push_back('\'');
  return quoted;
}

}  // namespace postmirror
