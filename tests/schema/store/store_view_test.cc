#include "schema/store/store_view.h"

#include <gtest/gtest.h>

#include <string>

#include "schema/store/environment.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

class StoreViewTest : public LookupFixture {
 protected:
  void Fill(const Entries& values, const MapRecord& record = {}) {
    store_.Fill({{.name = kMap, .values = values, .record = record}});
    EXPECT_EQ(Refresh(), "OK");
  }
};

TEST_F(StoreViewTest, WithoutAStoreEverythingIsTemporary) {
  EXPECT_EQ(Look("k"), "TEMP");
  EXPECT_EQ(Refresh(), "UNAVAILABLE");
  EXPECT_EQ(Look("k"), "TEMP");
}

TEST_F(StoreViewTest, BeforeTheFirstFillEverythingIsTemporary) {
  store_.Write([](StoreWriter*) { return absl::OkStatus(); });
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Reason("k"), "not filled yet: map /etc/postmirror/a.cf");
  store_.Fill({{.name = kMap, .values = {{"k", "v"}}}});
  EXPECT_EQ(Look("k"), "v");
}

TEST_F(StoreViewTest, FindsWhatIsThereAndNothingElse) {
  Fill({{"k", "v"}, {"@example.org", "catch-all@example.org"}});
  EXPECT_EQ(Look("k"), "v");
  EXPECT_EQ(Look("@example.org"), "catch-all@example.org");
  EXPECT_EQ(Look("other"), "NOTFOUND");
  EXPECT_EQ(Look(""), "NOTFOUND");
}

TEST_F(StoreViewTest, AnEmptyMapHasNoKeys) {
  Fill({});
  EXPECT_EQ(Look("k"), "NOTFOUND");
}

TEST_F(StoreViewTest, FoldsAndNormalizesTheKey) {
  Fill({{"k", "v"},
        {"b\xC3\xBC"
         "cher",
         "w"}});
  EXPECT_EQ(Look("K"), "v");
  EXPECT_EQ(Look("k  "), "v");
  EXPECT_EQ(Look("B\xC3\x9C"
                 "CHER"),
            "w");
}

TEST_F(StoreViewTest, AMapThatTheStoreDoesNotKnowIsTemporary) {
  Fill({{"k", "v"}});
  EXPECT_EQ(Reason("k", 1), "not filled yet: map /etc/postmirror/b.cf");
  EXPECT_EQ(Look("k", 0), "v");
}

TEST_F(StoreViewTest, AMapThatWasDroppedSaysSo) {
  store_.Fill({{.name = kMap, .values = {{"k", "v"}}},
               {.name = kOtherMap, .values = {{"l", "w"}}}});
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("l", 1), "w");
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    if (!transaction.ok()) return transaction.status();
    absl::Status status = (*transaction)->DeleteRecord(kOtherMap);
    return status.ok() ? (*transaction)->Commit() : status;
  });
  EXPECT_EQ(Reason("l", 1),
            "dropped by postmirror-sync, whose postmirror.cf does not name it "
            "any more, reload postmirror-proxy: map /etc/postmirror/b.cf");
  EXPECT_EQ(Look("k", 0), "v");
}

TEST_F(StoreViewTest, MapsAreKeptApart) {
  store_.Fill({{.name = kMap, .values = {{"k", "v"}}},
               {.name = kOtherMap, .values = {{"l", "w"}}}});
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("k", 0), "v");
  EXPECT_EQ(Look("k", 1), "NOTFOUND");
  EXPECT_EQ(Look("l", 0), "NOTFOUND");
  EXPECT_EQ(Look("l", 1), "w");
}

TEST_F(StoreViewTest, AMapNameThatLmdbCannotHoldIsTemporary) {
  Fill({{"k", "v"}});
  StoreView view(&reader_, {std::string(508, 'n'), kMap});
  view.Begin();
  EXPECT_EQ(LookUp(&view, 0, "k"), "TEMP");
  EXPECT_EQ(LookUp(&view, 1, "k"), "v");
  view.End();
}

TEST_F(StoreViewTest, TheMarkTempIsTemporary) {
  store_.Fill({{.name = kMap, .values = {{"k", "v"}}, .temporary = {"l"}}});
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Reason("l"), "expansion_limit is exceeded");
  EXPECT_EQ(Look("k"), "v");
}

TEST_F(StoreViewTest, EntriesThatSyncNeverWritesAreTemporary) {
  store_.Fill({{.name = kMap}});
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    absl::Status status;
    status.Update((*transaction)->Put("m1", "nothing", "", false));
    status.Update((*transaction)->Put("m1", "no value", "=", false));
    status.Update((*transaction)->Put("m1", "other tag", "?v", false));
    status.Update((*transaction)->Put("m1", "untagged", "v", false));
    MapRecord record = writer->ReadRecords()->at(kMap);
    record.entries = 4;
    status.Update((*transaction)->PutRecord(kMap, record));
    status.Update((*transaction)->Commit());
    return status;
  });
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("nothing"), "TEMP");
  EXPECT_EQ(Look("no value"), "TEMP");
  EXPECT_EQ(Look("other tag"), "TEMP");
  EXPECT_EQ(Look("untagged"), "TEMP");
  EXPECT_EQ(Look("other"), "NOTFOUND");
}

TEST_F(StoreViewTest, LongValuesComeWhole) {
  const std::string value(100000, 'x');
  Fill({{"k", value}});
  EXPECT_EQ(Look("k"), value);
}

TEST_F(StoreViewTest, AValueBeyondAllProtocolsIsTemporary) {
  Fill({{"k", std::string(size_t{16} << 20, 'x')}});
  EXPECT_EQ(Reason("k"), "the entry is over 16 MiB, or damaged");
}

TEST_F(StoreViewTest, AKeyOver511BytesIsNotFoundWhereNoRowHasOne) {
  Fill({{std::string(511, 'k'), "v"}});
  EXPECT_EQ(Look(std::string(511, 'k')), "v");
  EXPECT_EQ(Look(std::string(511, 'k') + "  "), "v");
  EXPECT_EQ(Look(std::string(512, 'k')), "NOTFOUND");
}

TEST_F(StoreViewTest, AKeyOver511BytesIsTemporaryWhereSomeRowHasOne) {
  MapRecord record;
  record.unstorable_rows = 1;
  Fill({{"k", "v"}}, record);
  EXPECT_EQ(Look(std::string(512, 'k')), "TEMP");
  EXPECT_EQ(Look(std::string(511, 'k')), "NOTFOUND");
  EXPECT_EQ(Look("other"), "NOTFOUND");
}

TEST_F(StoreViewTest, AMissThatMayBeTheSpellingsIsTemporary) {
  Fill({{"k", "v"}});
  EXPECT_EQ(Look("b\xC3\xBC"
                 "cher"),
            "TEMP");
  EXPECT_EQ(Look("   "), "NOTFOUND");
}

// The row may be spelled with fewer bytes.
TEST_F(StoreViewTest, AMissThatMayBeTheSpellingsIsTemporaryOver511BytesToo) {
  Fill({{"k", "v"}});
  std::string key;
  for (int i = 0; i < 300; ++i) key += "\xC3\xA9";
  EXPECT_EQ(Look(key), "TEMP");
}

TEST_F(StoreViewTest, AKeyThatNoRowCanMatchIsNotFound) {
  Fill({{"k", "v"}});
  EXPECT_EQ(Look("\xff"), "NOTFOUND");
  EXPECT_EQ(Look(absl::string_view("k\0", 2)), "NOTFOUND");
}

TEST_F(StoreViewTest, WithoutUtf8AnyBytesAreAKey) {
  FilledMap map = {.name = kMap, .values = {{"\xff\x01", "v"}}};
  map.record.utf8 = false;
  map.collation.bytes = true;
  store_.Fill({map});
  Refresh();
  EXPECT_EQ(Look("\xff\x01"), "v");
}

class DomainTest : public StoreViewTest {
 protected:
  void FillDomain(const std::vector<std::string>& domain) {
    MapRecord record;
    record.domain = domain;
    Fill({{"a@example.org", "v"},
          {"a@b\xC3\xBC"
           "cher.example",
           "w"},
          {"a@elsewhere.example", "x"},
          {"@example.org", "y"},
          {"a", "z"}},
         record);
  }
};

TEST_F(DomainTest, OnlyAddressesOfTheDomainAreAsked) {
  FillDomain({"other.example", "example.org"});
  EXPECT_EQ(Look("a@example.org"), "v");
  EXPECT_EQ(Look("b@example.org"), "NOTFOUND");
  EXPECT_EQ(Look("a@elsewhere.example"), "NOTFOUND");
  EXPECT_EQ(Look("a@sub.example.org"), "NOTFOUND");
}

TEST_F(DomainTest, KeysThatAreNoAddressesAreNotAsked) {
  FillDomain({"example.org"});
  EXPECT_EQ(Look("a"), "NOTFOUND");
  EXPECT_EQ(Look("@example.org"), "NOTFOUND");
  EXPECT_EQ(Look("a@"), "NOTFOUND");
  EXPECT_EQ(Look("example.org"), "NOTFOUND");
}

TEST_F(DomainTest, TheLastAtCounts) {
  MapRecord record;
  record.domain = {"example.org"};
  Fill({{"\"a@b\"@example.org", "v"}}, record);
  EXPECT_EQ(Look("\"a@b\"@example.org"), "v");
}

TEST_F(DomainTest, CaseDoesNotMatter) {
  FillDomain({"EXAMPLE.org"});
  EXPECT_EQ(Look("A@Example.ORG"), "v");
}

TEST_F(DomainTest, CaseDoesNotMatterBeyondAscii) {
  FillDomain(
      {"B\xC3\x9C"
       "CHER.example"});
  EXPECT_EQ(Look("a@b\xC3\xBC"
                 "cher.example"),
            "w");
  EXPECT_EQ(Look("a@B\xC3\x9C"
                 "cher.Example"),
            "w");
}

TEST_F(DomainTest, AnotherDomainIsNotFoundEvenBeyondAscii) {
  FillDomain({"example.org"});
  EXPECT_EQ(Look("a@b\xC3\xBC"
                 "cher.example"),
            "NOTFOUND");
}

TEST_F(StoreViewTest, RecordIsWhatTheStoreSays) {
  MapRecord record;
  record.definition = "SELECT";
  Fill({{"k", "v"}}, record);
  view_.Begin();
  ASSERT_NE(view_.Record(0), nullptr);
  EXPECT_EQ(view_.Record(0)->definition, "SELECT");
  EXPECT_EQ(view_.Record(0)->entries, 1u);
  EXPECT_EQ(view_.Record(1), nullptr);
  EXPECT_TRUE(view_.state().ok());
  view_.End();
}

TEST_F(StoreViewTest, RecordIsNullWhereTheStoreCannotBeRead) {
  view_.Begin();
  EXPECT_EQ(view_.Record(0), nullptr);
  EXPECT_FALSE(view_.state().ok());
  view_.End();
}

TEST_F(StoreViewTest, MayBeDestroyedBeforeEnd) {
  Fill({{"k", "v"}});
  {
    StoreView view(&reader_, {kMap});
    view.Begin();
  }
  EXPECT_EQ(Look("k"), "v");
}

}  // namespace
}  // namespace postmirror
