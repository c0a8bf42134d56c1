// The explicit list of benchmark suites.
#ifndef GORDIAN_TESTS_BENCH_SUITES_H_
#define GORDIAN_TESTS_BENCH_SUITES_H_

#include "tests/bench/harness.h"

namespace gordian::bench {

void RecorderSuite(Table& table);
void AnalysisSuite(Table& table);
void PrimitivesSuite(Table& table);
void ScaleSuite(Table& table);
void OverheadSuite(Table& table);

// Part of RecorderSuite.
void SupervisedRows(Table& table);

}  // namespace gordian::bench

#endif  // GORDIAN_TESTS_BENCH_SUITES_H_
