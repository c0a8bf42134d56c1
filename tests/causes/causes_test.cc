// A wait that never ends is told with what lies behind it, as one finding.
//
// "Nothing can run any more: main waits for a signal, and nobody is left" said nothing of the
// signal that had come too early, or of the task that had ended with the lock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/vocabulary/run.h"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Told {
  std::vector<std::string> findings;
  std::string title, summary, reasons, advice, deeds;
};

// The first finding in parts; `deeds` are the tasks' clauses with their lines.
Told Tell(const std::string& name) {
  const auto outcome = vocabulary::RunRecorded(std::string(PROGRAM) + " " + name);
  Told told{outcome.findings, "", "", "", "", ""};
  if (told.findings.empty()) return told;
  const auto json = nlohmann::json::parse(outcome.report);
  const auto& finding = json["findings"][0];
  told.title = finding["title"];
  told.summary = finding["summary"];
  told.reasons = finding["reasons"].dump();
  told.advice = finding["advice"].dump();
  told.deeds = finding["tasks"].dump();
  return told;
}

TEST(Causes, ASignalBeforeTheWait) {
  const Told told = Tell("signal-before-wait");
  EXPECT_THAT(told.findings, ElementsAre("deadlock.global confirmed"));
  EXPECT_THAT(told.title, HasSubstr("the Signal on box.filled came before main waited"));
  EXPECT_THAT(told.reasons, HasSubstr("called Signal on box.filled when nobody waited"));
  EXPECT_THAT(told.advice, HasSubstr("wait in a loop"));
  EXPECT_THAT(told.deeds, HasSubstr("calls Signal on box.filled, which wakes nobody"));
  EXPECT_THAT(Tell("own-signal-before-wait").title, HasSubstr("came before main waited"));
  EXPECT_THAT(Tell("twin-looks-at-condition").findings, IsEmpty());
}

TEST(Causes, ASignalOfOneWhoThenWaitsForTheWaiter) {
  const Told told = Tell("signaller-waits");
  EXPECT_THAT(told.findings, ElementsAre("deadlock.global confirmed"));
  EXPECT_THAT(told.title, HasSubstr("the Signal on box.filled came before \"emptier\" waited"));
  EXPECT_THAT(told.deeds, HasSubstr("calls Signal on box.filled, which wakes nobody"));
  EXPECT_THAT(Tell("twin-of-signaller-waits").findings, IsEmpty());
}

TEST(Causes, ALockWhoseHolderHasEnded) {
  const Told told = Tell("kept-lock");
  EXPECT_THAT(told.findings, ElementsAre("deadlock.global confirmed"));
  EXPECT_THAT(told.title, HasSubstr("\"careless\" ended without unlocking ledger"));
  EXPECT_THAT(told.deeds, HasSubstr("locks ledger, and ended without unlocking it"));
  EXPECT_THAT(told.advice, HasSubstr("Unlock ledger on every path"));
  EXPECT_THAT(Tell("twin-unlocks").findings, IsEmpty());
}

TEST(Causes, AnEndWithoutDone) {
  const Told told = Tell("missing-done");
  EXPECT_THAT(told.findings, ElementsAre("deadlock.global confirmed"));
  EXPECT_THAT(told.title,
              HasSubstr("\"fetcher of the empty page\" ended without calling Done on pages"));
  EXPECT_THAT(Tell("twin-calls-done").findings, IsEmpty());
}

TEST(Causes, AContextThatIsNotCancelled) {
  const Told told = Tell("uncancelled-context");
  EXPECT_THAT(told.findings, ElementsAre("leak.context confirmed"));
  EXPECT_THAT(told.summary, HasSubstr("2 goroutines wait for it"));
  EXPECT_THAT(told.deeds, HasSubstr("watcher"));
  EXPECT_THAT(Tell("twin-cancels").findings, IsEmpty());
}

}  // namespace
