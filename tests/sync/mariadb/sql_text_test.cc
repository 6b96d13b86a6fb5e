#include "sync/mariadb/sql_text.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

MirrorQuery OrderedQuery() {
  MirrorQuery query;
  query.sql = "SELECT `a`.source, destination FROM virtual_aliases AS `a`";
  query.order = {{"", "virtual_aliases"}, "`a`"};
  return query;
}

TEST(SqlTextTest, BackquotesInNamesAreDoubled) {
  EXPECT_EQ(QuoteIdentifier("a`b"), "`a``b`");
  EXPECT_EQ(QuoteTable({"mail.server", "users"}), "`mail.server`.`users`");
  EXPECT_EQ(QuoteTable({"", "users"}), "`users`");
}

TEST(SqlTextTest, OrderIsThePrimaryKeyOfTheNamedTable) {
  EXPECT_EQ(SelectInPrimaryKeyOrder(OrderedQuery(), {"domain_id", "i`d"}),
            "SELECT `a`.source, destination FROM virtual_aliases AS `a`\n"
            "ORDER BY `a`.`domain_id`, `a`.`i``d`");
}

TEST(SqlTextTest, QueryWithoutPrimaryKeyStaysAsItIs) {
  EXPECT_EQ(SelectInPrimaryKeyOrder(OrderedQuery(), {}), OrderedQuery().sql);
}

TEST(SqlTextTest, QueryWithAnOrderOfItsOwnStaysAsItIs) {
  MirrorQuery query = OrderedQuery();
  query.order.reset();
  EXPECT_EQ(SelectInPrimaryKeyOrder(query, {"id"}), query.sql);
}

}  // namespace
}  // namespace postmirror
