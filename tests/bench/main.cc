// tools/bench: runs the suites named on the command line, or all of them.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/bench/suites.h"

namespace {

struct Suite {
  const char* name;
  void (*run)(gordian::bench::Table&);
};

constexpr std::array<Suite, 5> kSuites = {{
    {"recorder", gordian::bench::RecorderSuite},
    {"analysis", gordian::bench::AnalysisSuite},
    {"primitives", gordian::bench::PrimitivesSuite},
    {"scale", gordian::bench::ScaleSuite},
    {"overhead", gordian::bench::OverheadSuite},
}};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Gordian's benchmarks, each beside its peer in the same run", "tools/bench"};
  std::vector<std::string> known, wanted;
  for (const Suite& suite : kSuites) known.emplace_back(suite.name);
  std::string json;
  app.add_option("suite", wanted, "which suites; all when none is named")
      ->check(CLI::IsMember(known));
  app.add_option("--json", json, "also write the rows to this file");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  gordian::bench::Table table;
  for (const Suite& suite : kSuites) {
    const bool run =
        wanted.empty() || std::find(wanted.begin(), wanted.end(), suite.name) != wanted.end();
    if (!run) continue;
    std::fprintf(stderr, "%s\n", suite.name);
    suite.run(table);
  }
  table.Print();
  if (!json.empty() && !table.WriteJson(json)) {
    std::fprintf(stderr, "tools/bench: cannot write %s\n", json.c_str());
    return 2;
  }
  return 0;
}
