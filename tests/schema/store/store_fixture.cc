#include "tests/schema/store/store_fixture.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "schema/store/entry.h"

namespace postmirror {

std::string InChild(absl::FunctionRef<std::string()> act) {
  std::array<int, 2> ends = {-1, -1};
  if (pipe(ends.data()) != 0) return "no pipe";
  const pid_t child = fork();
  if (child < 0) return "no process";
  if (child == 0) {
    const std::string answer = act();
    const ssize_t written = write(ends[1], answer.data(), answer.size());
    _exit(written == static_cast<ssize_t>(answer.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string answer;
  std::array<char, 4096> buffer;
  for (ssize_t got; (got = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    answer.append(buffer.data(), static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return absl::StrCat("signal ", WTERMSIG(status));
  if (status != 0) return absl::StrCat("exit ", WEXITSTATUS(status));
  return answer;
}

std::string CodeOf(const absl::Status& status) {
  return absl::StatusCodeToString(status.code());
}

std::string LookUp(StoreView* view, size_t map, absl::string_view key) {
  std::string value = "left over";
  const Outcome outcome = view->Lookup(map, key, &value);
  if (outcome == Outcome::kTemporary) return "TEMP";
  return outcome == Outcome::kNotFound ? "NOTFOUND" : value;
}

absl::Status FillMaps(const std::vector<FilledMap>& maps, StoreWriter* writer) {
  const auto records = writer->ReadRecords();
  if (!records.ok()) return records.status();
  auto transaction = writer->Begin();
  absl::Status status = transaction.status();
  for (const FilledMap& map : maps) {
    if (!status.ok()) return status;
    const auto name = (*transaction)->CreateSubDatabase();
    if (!name.ok()) return name.status();
    Entries entries;
    for (const auto& [key, value] : map.values) {
      entries[key] = absl::StrCat(std::string(1, kValueTag), value);
    }
    for (const std::string& key : map.temporary) {
      entries[key] = std::string(kTemporaryEntry);
    }
    for (const auto& [key, entry] : entries) {
      if (status.ok()) status = (*transaction)->Put(*name, key, entry, true);
    }
    const auto before = records->find(map.name);
    if (status.ok() && before != records->end()) {
      status = (*transaction)->DropSubDatabase(before->second.sub_database);
    }
    const StoredCollation collation = MakeStoredCollation(map.collation);
    if (status.ok()) status = (*transaction)->PutCollation(collation);
    MapRecord record = map.record;
    record.key_collation = collation.name;
    record.collation_digest = collation.digest;
    record.sub_database = *name;
    record.entries = entries.size();
    if (status.ok()) status = (*transaction)->PutRecord(map.name, record);
  }
  return status.ok() ? (*transaction)->Commit() : status;
}

Entries ManyEntries(size_t count, size_t value_bytes) {
  Entries entries;
  for (size_t i = 0; i < count; ++i) {
    std::string value = absl::StrCat("value of ", i, " ");
    value.resize(value_bytes, 'x');
    entries[absl::StrFormat("key%06d", i)] = std::move(value);
  }
  return entries;
}

TemporaryStore::TemporaryStore() {
  std::string folder = "/tmp/postmirror-store-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) std::perror("mkdtemp");
  around_ = folder;
}

TemporaryStore::~TemporaryStore() {
  std::error_code ignored;
  std::filesystem::remove_all(around_, ignored);
}

void TemporaryStore::Fill(const std::vector<FilledMap>& maps) const {
  Write([&](StoreWriter* writer) { return FillMaps(maps, writer); });
}

void TemporaryStore::Write(
    absl::FunctionRef<absl::Status(StoreWriter*)> act) const {
  ASSERT_EQ(InChild([&] {
              auto writer = StoreWriter::Open(path());
              if (!writer.ok()) return writer.status().ToString();
              return act(writer->get()).ToString();
            }),
            "OK");
}

}  // namespace postmirror
