// GoogleTest's result files (--gtest_output), over several processes.
//
// A process that is replaced by a fresh one leaves a file that knows its own tests, and
// lists as run those that it did not get to; the last one knows only the rest. These put together
// what belongs together: XML and JSON, as GoogleTest writes them.
#ifndef GORDIAN_LIB_INPROCESS_GTEST_RESULTS_H_
#define GORDIAN_LIB_INPROCESS_GTEST_RESULTS_H_

#include <set>
#include <string>

namespace gordian::inprocess {

enum class ResultFormat { kXml, kJson };

// The document with those tests alone ("Suite.Name"), its sums as they then are; empty where it
// cannot be read.
std::string KeepTests(const std::string& document, ResultFormat format,
                      const std::set<std::string>& names);

// Both as one: the tests of `earlier` in front, suites of one name together.
std::string MergeResults(const std::string& earlier, const std::string& later, ResultFormat format);

}  // namespace gordian::inprocess

#endif  // GORDIAN_LIB_INPROCESS_GTEST_RESULTS_H_
