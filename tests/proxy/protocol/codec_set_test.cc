#include "proxy/protocol/codec_set.h"

#include <gtest/gtest.h>

#include <set>

#include "schema/config/parameter.h"

namespace postmirror {
namespace {

ListenEntry TcpTable(absl::string_view parameter) {
  ListenEntry entry;
  entry.parameter = std::string(parameter);
  return entry;
}

TEST(CodecSetTest, TcpTableAsksForTheParameterOfItsEntry) {
  const CodecSet codecs;
  for (const Parameter& parameter : Parameters()) {
    absl::string_view input = "get x\n";
    Request request;
    EXPECT_EQ(codecs.For(TcpTable(parameter.name))->Take(&input, &request),
              Progress::kComplete);
    EXPECT_EQ(request.parameter, IndexOf(parameter));
  }
}

TEST(CodecSetTest, SocketmapKnowsEveryParameter) {
  const CodecSet codecs;
  ListenEntry entry;
  entry.protocol = Protocol::kSocketmap;
  absl::string_view input = "16:canonical_maps x,";
  Request request;
  EXPECT_EQ(codecs.For(entry)->Take(&input, &request), Progress::kComplete);
  EXPECT_EQ(request.kind, Request::Kind::kLookup);
  EXPECT_EQ(request.parameter, IndexOf(*FindParameter("canonical_maps")));
}

// A process of the next release reads the names.
TEST(CodecSetTest, NamesAreKept) {
  const CodecSet codecs;
  ListenEntry socketmap;
  socketmap.protocol = Protocol::kSocketmap;
  EXPECT_EQ(codecs.NameOf(codecs.For(socketmap)), "socketmap");
  EXPECT_EQ(codecs.NameOf(codecs.For(TcpTable("virtual_alias_maps"))),
            "tcp_table-virtual_alias_maps");
  EXPECT_EQ(codecs.NameOf(codecs.unserved()), "");
}

TEST(CodecSetTest, ANameLeadsBackToItsCodec) {
  const CodecSet codecs;
  std::set<const Codec*> found;
  for (const Parameter& parameter : Parameters()) {
    const Codec* const codec = codecs.For(TcpTable(parameter.name));
    EXPECT_EQ(codecs.Named(codecs.NameOf(codec)), codec);
    found.insert(codec);
  }
  EXPECT_EQ(found.size(), Parameters().size());
  ASSERT_NE(codecs.Named("socketmap"), nullptr);
  for (const char* name :
       {"", "postmirror-proxy.socket", "tcp_table-transport_maps"}) {
    EXPECT_EQ(codecs.Named(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace postmirror
