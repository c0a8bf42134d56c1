// Findings as test failures.
//
// With GoogleTest, link `gordian::gtest_main` and write nothing, or add the listener to a
// main of your own:
//
//   int main(int argc, char** argv) {
//     testing::InitGoogleTest(&argc, argv);
//     gordian::testing::AddListener();
//     return RUN_ALL_TESTS();
//   }
//
// A test that deadlocks, leaks a goroutine, livelocks or misuses a primitive then fails with
// the report, and the tests after it still run. In any other framework, with
// gordian::gordian_inprocess linked:
//
//   TEST_CASE("transfer") {
//     Transfer();
//     REQUIRE(gordian::testing::VerifyNone().empty());
//   }
//
// Limits  under `gordian run` the command judges: only a test that hangs, or that would end the
//         process, fails here too, and the tests after it run.
#ifndef GORDIAN_LIB_TESTING_H_
#define GORDIAN_LIB_TESTING_H_

#include <string>
#include <vector>

namespace gordian::testing {

struct Found {
  std::string rule;     // "leak.goroutine"
  std::string verdict;  // "confirmed"
  std::string title;
  std::string report;  // what a person reads
};

// What was found since the last call, after waiting up to `leak_grace` for goroutines
// that are about to end. Call it from the task that spawned them.
std::vector<Found> VerifyNone();

// Adds the listener to GoogleTest; link gordian::gtest. Call once, after InitGoogleTest.
void AddListener();

}  // namespace gordian::testing

#endif  // GORDIAN_LIB_TESTING_H_
