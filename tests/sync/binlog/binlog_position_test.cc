#include "sync/binlog/binlog_position.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

TEST(BinlogPositionTest, EarlierIsLess) {
  EXPECT_LT((BinlogPosition{"bin.000001", 9}),
            (BinlogPosition{"bin.000001", 10}));
  EXPECT_LT((BinlogPosition{"bin.000001", 9}),
            (BinlogPosition{"bin.000002", 4}));
  EXPECT_LT((BinlogPosition{"bin.999999", 9}),
            (BinlogPosition{"bin.1000000", 4}));
  EXPECT_EQ((BinlogPosition{"bin.000001", 9}),
            (BinlogPosition{"bin.000001", 9}));
}

TEST(BinlogPositionTest, IsWrittenForTheOperator) {
  EXPECT_EQ((BinlogPosition{"bin.000001", 328}).ToString(), "bin.000001:328");
}

}  // namespace
}  // namespace postmirror
