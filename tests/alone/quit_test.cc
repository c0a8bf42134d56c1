// SIGQUIT: what every thread does is said on stderr, and the program goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/interpose/shell.h"

namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class QuitTest : public testing::Test {
 protected:
  // Runs the program behind `before`, and asks it when it is ready. A shell lets what it starts in
  // the background ignore the signal.
  Outcome Ask(const std::string& before, const std::string& binary, const std::string& program) {
    return Shell(folder_.path(),
                 "mkfifo in; exec 3<> in; (" + before +
                     " bash -c 'echo $$ > pid; exec env --default-signal=QUIT " + binary + " " +
                     program +
                     "' < in > said) & until grep -q ready said; do sleep 0.05; done 2> /dev/null; "
                     "sleep 0.3; kill -QUIT $(cat pid); sleep 0.7; echo go >&3; wait $!; "
                     "status=$?; cat said; exit $status");
  }

  static void ExpectEveryThread(const std::string& err) {
    EXPECT_THAT(
        err,
        AllOf(  // The signal comes to this one, which may be on its way back to the call.
            ContainsRegex(
                "thread [0-9]+ \"alone_[a-z]+\": (in the system call [0-9]+ \\(read\\)|runs)"),
            ContainsRegex("holds the mutex 0x[0-9a-f]+ \\(left\\)"),
            ContainsRegex("\"blocked\": waits to lock the mutex 0x[0-9a-f]+ \\(left\\), "
                          "which thread [0-9]+ \"alone_[a-z]+\" holds"),
            ContainsRegex("\"waiting\": waits to be signalled on the"),
            ContainsRegex("\"computing\": runs"),
            ContainsRegex("at WaitsToBeAsked.*  program.cc:[0-9]+")));
  }

  const Folder folder_;
};

TEST_F(QuitTest, OfAProgramThatIsPreloaded) {
  const Outcome run = Ask("$G run --", ALONE_PLAIN, "waits-to-be-asked");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "ready\ndone\n");
  ExpectEveryThread(run.err);
}

TEST_F(QuitTest, OfAProgramAlone) {
  const Outcome run = Ask("", ALONE_PASS, "waits-to-be-asked");
  EXPECT_EQ(run.out, "ready\ndone\n");
  ExpectEveryThread(run.err);
}

TEST_F(QuitTest, OfAProgramBuiltForThreadSanitizer) {
  const Outcome run = Ask("", ALONE_TSAN, "waits-to-be-asked");
  EXPECT_EQ(run.out, "ready\ndone\n");
  ExpectEveryThread(run.err);
}

TEST_F(QuitTest, OfAProgramWithOneThread) {
  const Outcome run = Ask("$G run --", ALONE_PLAIN, "only-thread-is-asked");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "ready\ndone\n");
  EXPECT_THAT(run.err, ContainsRegex("at OnlyThreadIsAsked.*  program.cc:[0-9]+"));
}

TEST_F(QuitTest, IsTheProgramsWhereItHasAHandler) {
  const Outcome run = Ask("$G run --", ALONE_PLAIN, "has-its-own-handler");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "ready\nhandled\ndone\n");
  EXPECT_THAT(run.err, Not(HasSubstr("what the threads")));
}

}  // namespace
