#include "sync/stored_bounds.h"

#include <gmock/gmock.h>

#include <memory>

#include "schema/runtime/digest.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// Of an earlier version.
constexpr char kFormer[] = "bound/0123456789abcdef";

std::string NoteOf(const std::string& map) {
  return "bound/map/" + DigestText(map);
}

class StoredBoundsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<StoreWriter>> writer =
        StoreWriter::Open(folder_.path());
    ASSERT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
  }

  // Writes all that differs from `stored`, and returns the notes by then.
  StoredBounds::Notes Write(const StoredBounds& bounds,
                            const StoredBounds& stored) {
    absl::StatusOr<std::unique_ptr<StoreTransaction>> transaction =
        writer_->Begin();
    EXPECT_TRUE(transaction.ok()) << transaction.status();
    EXPECT_EQ(bounds.Write(stored, transaction->get()), absl::OkStatus());
    EXPECT_EQ((*transaction)->Commit(), absl::OkStatus());
    return *writer_->ReadNotes();
  }

  TemporaryFolder folder_;
  std::unique_ptr<StoreWriter> writer_;
};

TEST_F(StoredBoundsTest, OtherNotesAreNoBounds) {
  EXPECT_EQ(StoredBounds(StoredBounds::Notes{{"guard/1", "x"}}),
            StoredBounds());
}

TEST_F(StoredBoundsTest, EachMapHasItsOwn) {
  const StoredBounds bounds =
      StoredBounds().With({"a", "b"}, "one").With({"b"}, "two");
  EXPECT_TRUE(bounds.HasAll({"a", "b"}));
  EXPECT_FALSE(bounds.HasAll({"a", "c"}));
  EXPECT_THAT(bounds.Of({"a", "b", "c"}),
              ElementsAre(Pair("a", "one"), Pair("b", "two")));
}

TEST_F(StoredBoundsTest, ADamagedOneIsThereAndNotKnown) {
  const StoredBounds bounds(StoredBounds::Notes{{NoteOf("a"), std::nullopt}});
  EXPECT_TRUE(bounds.Has("a"));
  EXPECT_THAT(bounds.Of({"a"}), ElementsAre(Pair("a", std::nullopt)));
}

TEST_F(StoredBoundsTest, ThatOfAnEarlierVersionIsOfNoMap) {
  EXPECT_FALSE(StoredBounds().With({"a"}, "one").has_former());
  const StoredBounds former(StoredBounds::Notes{{kFormer, "x"}});
  EXPECT_TRUE(former.has_former());
  EXPECT_FALSE(former.Has("a"));
}

TEST_F(StoredBoundsTest, ThatOfAnEarlierVersionStaysUntilEachMapHasItsOwn) {
  const StoredBounds bounds = StoredBounds(StoredBounds::Notes{{kFormer, "x"}})
                                  .With({"a", "gone"}, "one");
  EXPECT_TRUE(bounds.Only({"a", "b"}).has_former());
  EXPECT_EQ(bounds.Only({"a"}), StoredBounds().With({"a"}, "one"));
}

TEST_F(StoredBoundsTest, WhatDiffersIsWrittenAndNoMore) {
  const StoredBounds first = StoredBounds().With({"a", "b"}, "one");
  EXPECT_THAT(Write(first, StoredBounds()),
              UnorderedElementsAre(Key(NoteOf("a")), Key(NoteOf("b"))));
  const StoredBounds second = first.Only({"a"}).With({"a"}, "two");
  EXPECT_THAT(Write(second, first), ElementsAre(Pair(NoteOf("a"), "two")));
  // As if it were there: it is not looked for.
  EXPECT_THAT(Write(second.With({"c"}, "three"), second.With({"c"}, "three")),
              ElementsAre(Pair(NoteOf("a"), "two")));
}

TEST_F(StoredBoundsTest, OneThatIsGoneAlreadyIsDeletedWithoutAnError) {
  EXPECT_THAT(Write(StoredBounds(), StoredBounds().With({"a"}, "one")),
              IsEmpty());
}

}  // namespace
}  // namespace postmirror
