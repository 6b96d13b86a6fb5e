#include "schema/store/store_error.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <lmdb.h>

namespace postmirror {
namespace {

using Code = absl::StatusCode;

TEST(LmdbErrorTest, DamageIsDataLoss) {
  for (const int code : {MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID,
                         MDB_INCOMPATIBLE, MDB_CURSOR_FULL}) {
    EXPECT_EQ(LmdbError(code, "store").code(), Code::kDataLoss) << code;
  }
}

TEST(LmdbErrorTest, NoRoomIsResourceExhausted) {
  // A full disk is a short write to LMDB, which it calls EIO.
  for (const int code :
       {EIO, ENOSPC, EDQUOT, EFBIG, MDB_MAP_FULL, MDB_TXN_FULL}) {
    EXPECT_EQ(LmdbError(code, "store").code(), Code::kResourceExhausted)
        << code;
  }
}

TEST(LmdbErrorTest, WhatIsNoDamageSetsNoStoreAside) {
  // A meta page could not be written; the caller's key; another LMDB.
  for (const int code :
       {MDB_PANIC, MDB_BAD_VALSIZE, MDB_KEYEXIST, MDB_VERSION_MISMATCH,
        MDB_READERS_FULL, MDB_DBS_FULL, MDB_MAP_RESIZED, MDB_BAD_RSLOT,
        MDB_BAD_TXN, MDB_BAD_DBI, EINVAL, EAGAIN, ENOMEM, EMFILE, ENOENT}) {
    const absl::Status status = LmdbError(code, "store");
    EXPECT_FALSE(status.ok()) << code;
    EXPECT_NE(status.code(), Code::kDataLoss) << code;
    EXPECT_NE(status.code(), Code::kNotFound) << code;
  }
}

TEST(LmdbErrorTest, RightsArePermissionDenied) {
  for (const int code : {EACCES, EPERM, EROFS}) {
    EXPECT_EQ(LmdbError(code, "store").code(), Code::kPermissionDenied) << code;
  }
}

TEST(LmdbErrorTest, OnlyNotFoundIsNotFound) {
  EXPECT_EQ(LmdbError(MDB_NOTFOUND, "store").code(), Code::kNotFound);
}

TEST(LmdbErrorTest, SuccessIsOk) {
  EXPECT_TRUE(LmdbError(MDB_SUCCESS, "store").ok());
}

TEST(LmdbErrorTest, SaysWhatAndWhy) {
  EXPECT_EQ(LmdbError(EACCES, "store /s: open").message(),
            "store /s: open: Permission denied");
}

}  // namespace
}  // namespace postmirror
