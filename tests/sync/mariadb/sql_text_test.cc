#include "sync/mariadb/sql_text.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

MirrorQuery OrderedQuery() {
  MirrorQuery query;
  query.sql = "SELECT `a`.source, destination FROM virtual_aliases AS `a`";
  query.orders = {{{"", "virtual_aliases"}, "`a`", query.sql.size()}};
  return query;
}

TEST(SqlTextTest, BackquotesInNamesAreDoubled) {
  EXPECT_EQ(QuoteIdentifier("a`b"), "`a``b`");
  EXPECT_EQ(QuoteTable({"mail.server", "users"}), "`mail.server`.`users`");
  EXPECT_EQ(QuoteTable({"", "users"}), "`users`");
}

TEST(SqlTextTest, OrderIsThePrimaryKeyOfTheNamedTable) {
  EXPECT_EQ(SelectInPrimaryKeyOrder(OrderedQuery(), {{"domain_id", "i`d"}}),
            "SELECT `a`.source, destination FROM virtual_aliases AS `a`\n"
            "ORDER BY `a`.`domain_id`, `a`.`i``d`");
}

TEST(SqlTextTest, OrdersStandWhereTheQueryHasAPlaceForThem) {
  MirrorQuery query;
  query.sql = "OVER () FROM a UNION OVER () FROM b UNION OVER () FROM c";
  query.orders = {
      {{"", "a"}, "`a`", 6}, {{"", "b"}, "`b`", 27}, {{"", "c"}, "`x`", 48}};
  EXPECT_EQ(SelectInPrimaryKeyOrder(query, {{"id"}, {}, {"i", "j"}}),
            "OVER (\nORDER BY `a`.`id`) FROM a UNION OVER () FROM b UNION "
            "OVER (\nORDER BY `x`.`i`, `x`.`j`) FROM c");
}

TEST(SqlTextTest, QueryWithoutPrimaryKeyStaysAsItIs) {
  EXPECT_EQ(SelectInPrimaryKeyOrder(OrderedQuery(), {{}}), OrderedQuery().sql);
}

TEST(SqlTextTest, QueryWithAnOrderOfItsOwnStaysAsItIs) {
  MirrorQuery query = OrderedQuery();
  query.orders.clear();
  EXPECT_EQ(SelectInPrimaryKeyOrder(query, {}), query.sql);
}

TEST(SqlTextTest, SomeKeysAreReadInTheSameOrder) {
  MirrorQuery query = OrderedQuery();
  query.key_select = {{.column = "source",
                       .head = "SELECT s, d FROM t\nWHERE s IN (",
                       .tail = ")"}};
  EXPECT_EQ(SelectOfKeys(query, {{"id"}}, "'a', 'b'"),
            "SELECT s, d FROM t\nWHERE s IN ('a', 'b')\nORDER BY `a`.`id`");
  EXPECT_EQ(SelectOfKeys(query, {{}}, "'a'"),
            "SELECT s, d FROM t\nWHERE s IN ('a')");
}

TEST(SqlTextTest, BytesAreHexadecimal) {
  EXPECT_EQ(QuoteBytes("a'\xff"), "x'6127ff'");
  EXPECT_EQ(QuoteBytes(""), "x''");
}

}  // namespace
}  // namespace postmirror
