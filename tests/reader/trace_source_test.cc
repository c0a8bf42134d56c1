// One way to read every format, and what each says of damage.
#include "detector/reader/trace_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "instrument/trace/file_writer.h"
#include "tests/reader/streams.h"

namespace gordian::detector {
namespace {

using gordian::testing::Order;
using gordian::testing::Pieces;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kText = R"(@ 1
run #1 run=1 ns=1
object 1 v1 kind=mutex detail=0
lock 1
unlock 1
@ 2
run #2 v0 root run=1 ns=1
lock 1 v4
)";

class TraceSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "trace_source_test_" + std::to_string(getpid());
  }
  void TearDown() override { ::unlink(path_.c_str()); }

  OrderedTrace Read(TraceFormat format) {
    auto source = OpenTrace(path_, format);
    if (!source.ok()) return {.status = source.status()};
    return ReadInOrder(**source, std::ref(order_));
  }
  OrderedTrace Read(TraceFormat format, std::string_view bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return Read(format);
  }

  void WriteGtrace(bool close = true) {
    trace::FileWriter writer;
    ASSERT_TRUE(writer.Open(path_).ok());
    for (const auto& [stream, words] : Pieces(kText)) {
      ASSERT_TRUE(writer.Write(stream, words).ok());
    }
    if (close) ASSERT_TRUE(writer.Close().ok());
  }

  std::string path_;
  Order order_;
};

TEST_F(TraceSourceTest, TheSameTraceInBothForms) {
  WriteGtrace();
  const OrderedTrace binary = Read(TraceFormat::kGtrace);
  EXPECT_TRUE(binary.status.ok()) << binary.status;
  EXPECT_TRUE(binary.complete);
  EXPECT_EQ(binary.events, 6u);
  const auto lines = order_.lines();
  order_ = {};
  const OrderedTrace text = Read(TraceFormat::kText, kText);
  EXPECT_TRUE(text.complete);
  EXPECT_EQ(order_.lines(), lines);
}

TEST_F(TraceSourceTest, Std) {
  const OrderedTrace trace = Read(TraceFormat::kStd, "T0|acq(L)|1\nT0|rel(L)|2\n");
  EXPECT_TRUE(trace.complete) << trace.status;
  EXPECT_EQ(trace.events, order_.lines().size());
}

TEST_F(TraceSourceTest, AFileWithoutItsEndIsNotComplete) {
  WriteGtrace(/*close=*/false);
  const OrderedTrace trace = Read(TraceFormat::kGtrace);
  EXPECT_TRUE(trace.status.ok());
  EXPECT_FALSE(trace.complete);
  EXPECT_THAT(trace.problems, ElementsAre(HasSubstr("without an end frame")));
  EXPECT_THAT(order_.lines(), SizeIs(6));
}

TEST_F(TraceSourceTest, AMissingVersionIsNotComplete) {
  const OrderedTrace trace = Read(TraceFormat::kText, "@ 1\nrun #1 run=1 ns=1\nlock 1 v2\n");
  EXPECT_TRUE(trace.status.ok());
  EXPECT_FALSE(trace.complete);
  EXPECT_THAT(trace.missing, SizeIs(1));
}

TEST_F(TraceSourceTest, AForeignFile) {
  const OrderedTrace trace = Read(TraceFormat::kGtrace, "%PDF-1.7 and so on, for quite a while");
  EXPECT_THAT(std::string(trace.status.message()), HasSubstr("not a Gordian trace"));
}

TEST_F(TraceSourceTest, NoSuchFile) {
  EXPECT_THAT(std::string(Read(TraceFormat::kStd).status.message()),
              HasSubstr(path_ + ": No such file"));
}

TEST_F(TraceSourceTest, ADirectory) {
  for (const TraceFormat format : {TraceFormat::kGtrace, TraceFormat::kText, TraceFormat::kStd}) {
    path_ = "/tmp";
    EXPECT_THAT(std::string(Read(format).status.message()), HasSubstr("Is a directory"));
  }
}

TEST_F(TraceSourceTest, AMistakeInATextIsNamedWithItsLine) {
  const OrderedTrace trace = Read(TraceFormat::kText, std::string(kText) + "lokc 1\n");
  EXPECT_THAT(std::string(trace.status.message()), HasSubstr("line 9: no event is named `lokc`"));
}

TEST_F(TraceSourceTest, AnEndlessLineOfText) {
  const OrderedTrace trace =
      Read(TraceFormat::kText, std::string(kText) + std::string(4 << 20, ' '));
  EXPECT_THAT(std::string(trace.status.message()), HasSubstr("line 9 is longer than 1 MiB"));
}

TEST_F(TraceSourceTest, FormatsByName) {
  EXPECT_EQ(TraceFormatNamed("gtrace"), TraceFormat::kGtrace);
  EXPECT_EQ(TraceFormatNamed("std"), TraceFormat::kStd);
  EXPECT_EQ(TraceFormatNamed("text"), TraceFormat::kText);
  EXPECT_EQ(TraceFormatNamed("json"), std::nullopt);
}

}  // namespace
}  // namespace gordian::detector
