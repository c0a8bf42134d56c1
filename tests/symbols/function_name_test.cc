#include <gtest/gtest.h>

#include "detector/symbols/frame.h"

namespace gordian::detector {
namespace {

TEST(FunctionName, KeepsTheQualifiedNameAlone) {
  EXPECT_EQ(FunctionName("main"), "main");
  EXPECT_EQ(FunctionName("int main()"), "main");
  EXPECT_EQ(FunctionName("void bank::Transfer(Account &, Account &, long)"), "bank::Transfer");
  EXPECT_EQ(FunctionName("static std::vector<int> Pool::Make(std::function<void (int)>)"),
            "Pool::Make");
  EXPECT_EQ(FunctionName("int Queue::Size() const"), "Queue::Size");
}

TEST(FunctionName, DropsTemplateArguments) {
  EXPECT_EQ(FunctionName("T Max(T, T) [T = int]"), "Max");
  EXPECT_EQ(FunctionName("std::optional<int> Chan<std::pair<int, char> >::Recv()"), "Chan::Recv");
  EXPECT_EQ(FunctionName("void Cache<(Mode)1>::Evict()"), "Cache::Evict");
  EXPECT_EQ(FunctionName("auto Call(F) [with F = void (*)()]"), "Call");
  EXPECT_EQ(FunctionName("Tree<decltype(f->g)>::Walk(int)"), "Tree::Walk");
}

TEST(FunctionName, SaysLambdasTheSameWhereverTheyStand) {
  EXPECT_EQ(FunctionName("auto (anonymous class)::operator()() const"), "(lambda)");
  EXPECT_EQ(FunctionName("auto main()::(lambda at /src/bank.cc:41:7)::operator()() const"),
            "main::(lambda)");
  EXPECT_EQ(FunctionName("main::$_3::operator()() const"), "main::(lambda)");
  EXPECT_EQ(FunctionName("main::{lambda(int)#2}::operator()(int) const"), "main::(lambda)");
  EXPECT_EQ(FunctionName("main()::<lambda(int)>"), "main::(lambda)");
  EXPECT_EQ(FunctionName("Pool::Start(int)::<lambda()> mutable"), "Pool::Start::(lambda)");
  EXPECT_EQ(FunctionName("Serve(Bank&)::'lambda'(int)::operator()(int) const"), "Serve::(lambda)");
  EXPECT_EQ(FunctionName("Serve(Bank&)::'lambda0'()::operator()() const"), "Serve::(lambda)");
}

TEST(FunctionName, PassesOverAnonymousNamespaces) {
  EXPECT_EQ(FunctionName("void (anonymous namespace)::Worker(int)"), "Worker");
  EXPECT_EQ(FunctionName("bank::(anonymous namespace)::Worker(int)"), "bank::Worker");
  EXPECT_EQ(FunctionName("bank::{anonymous}::Worker(int)"), "bank::Worker");
}

TEST(FunctionName, KnowsOperators) {
  EXPECT_EQ(FunctionName("bool Key::operator<(const Key &) const"), "Key::operator<");
  EXPECT_EQ(FunctionName("Key &Key::operator=(Key &&)"), "Key::operator=");
  EXPECT_EQ(FunctionName("void Task::operator()(int)"), "Task::operator()");
  EXPECT_EQ(FunctionName("std::ostream &operator<<(std::ostream &, const Key &)"), "operator<<");
  EXPECT_EQ(FunctionName("int Map::operator[](int)"), "Map::operator[]");
  EXPECT_EQ(FunctionName("Key::operator bool() const"), "Key::operator bool");
  EXPECT_EQ(FunctionName("void operators(int)"), "operators");
}

TEST(FunctionName, SurvivesNonsense) {
  EXPECT_EQ(FunctionName(""), "");
  EXPECT_EQ(FunctionName("((((("), "(((((");
  EXPECT_EQ(FunctionName("<<<>"), "<<<>");
  EXPECT_EQ(FunctionName("f("), "f");
  EXPECT_EQ(FunctionName("'"), "'");
  EXPECT_EQ(FunctionName("operator"), "operator");
}

TEST(Shown, PassesOverTheStandardLibraryToTheCaller) {
  const std::vector<Frame> frames = {
      {.function = "std::scoped_lock<gordian::Mutex>::scoped_lock(gordian::Mutex&)",
       .file = "/usr/lib/gcc/x86_64-linux-gnu/12/../../../../include/c++/12/mutex",
       .line = 584,
       .inlined = true},
      {.function = "bank::Transfer(Account&, Account&)", .file = "/src/bank.cc", .line = 18},
      {.function = "main", .file = "/src/main.cc", .line = 4}};
  ASSERT_NE(Shown(frames), nullptr);
  EXPECT_EQ(Shown(frames)->line, 18u);
}

// Otherwise such a thread would be shown to wait in the C library's thread start, which has lines.
TEST(Shown, AThreadOfALibraryIsShownInIt) {
  const std::vector<Frame> frames = {
      {.file = "/usr/lib/x86_64-linux-gnu/liblzma.so.5+0x4c1d"},
      {.function = "gordian::interpose::RunThread(void*)",
       .file = "/src/instrument/interpose/life.cc",
       .line = 117},
      {.function = "start_thread", .file = "./nptl/pthread_create.c", .line = 442}};
  EXPECT_EQ(Shown(frames), &frames.front());
}

TEST(Shown, OursIsKnownByItsNameWhereItHasNoLines) {
  const std::vector<Frame> frames = {
      {.function = "g_cond_wait", .file = "/usr/lib/x86_64-linux-gnu/libglib-2.0.so.0+0xa96bb"},
      {.function = "gordian::interpose::(anonymous namespace)::RunThread(void*)",
       .file = "life.cc"}};
  EXPECT_TRUE(IsPlumbing(frames[1]));
  EXPECT_EQ(Shown(frames), &frames.front());
}

TEST(Shown, FallsBackToWhatThereIs) {
  const std::vector<Frame> system = {{.file = "/usr/lib/x86_64-linux-gnu/libc.so.6+0x29d90"},
                                     {.function = "std::f()", .file = "/usr/include/f", .line = 3}};
  EXPECT_EQ(Shown(system)->line, 3u);
  EXPECT_EQ(Shown(std::span(system).first(1))->file, "/usr/lib/x86_64-linux-gnu/libc.so.6+0x29d90");
  EXPECT_EQ(Shown({}), nullptr);
}

TEST(Shown, APersonsOwnFilesAreNoPlumbingWhateverTheyAreCalled) {
  for (const char* file : {"/home/me/lib/mutex.cc", "src/std/thing.cc", "/work/include/app.h",
                           "gordian_demo.cc", "/home/gordian/bank.cc"}) {
    EXPECT_FALSE(IsPlumbing({.function = "f", .file = file, .line = 1})) << file;
  }
}

TEST(BaseName, DropsFoldersAndOffsets) {
  EXPECT_EQ(BaseName("/src/bank/bank.cc"), "bank.cc");
  EXPECT_EQ(BaseName("bank.cc"), "bank.cc");
  EXPECT_EQ(BaseName("/usr/lib/libfoo.so+0x1f0"), "libfoo.so");
}

TEST(Frames, SurviveTheTripThroughATrace) {
  const std::vector<Frame> frames = {
      {.function = "f(int)", .file = "/src/a file.cc", .line = 7, .column = 3, .inlined = true},
      {.function = "", .file = "libfoo.so+0x10"}};
  EXPECT_EQ(DecodeFrames(EncodeFrames(frames)), frames);
}

TEST(Frames, DecodingPassesOverWhatItCannotRead) {
  EXPECT_TRUE(DecodeFrames("").empty());
  EXPECT_TRUE(DecodeFrames("nonsense\n\t\t\n-1\t2\tcalled\tf\tg").empty());
  const std::vector<Frame> frames = DecodeFrames("junk\n4\t0\tcalled\ta.cc\tf");
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].file, "a.cc");
}

TEST(VariableName, IsWhatTheProgramCallsIt) {
  EXPECT_EQ(VariableName("bank::(anonymous namespace)::total (.0)"), "bank::total");
  EXPECT_EQ(VariableName("total (.llvm.123)"), "total");
  EXPECT_EQ(VariableName("Counter()::hits"), "Counter()::hits");
}

}  // namespace
}  // namespace gordian::detector
