// The ways in which a program's parts come together: compilers, levels, kinds of executables,
// link-time optimisation, shared libraries. Each finds the race between two parts, with both
// places, and leaves its twin in peace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/races/shell.h"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kDriver[] = GORDIAN_CXX " ";
constexpr char kGcc[] = GCC " ";

struct Build {
  const char* name;
  std::string part, whole, link;  // commands, without files
};

const std::string kOwn = std::string(kDriver) + "-g ";
const std::string kClang = std::string(kDriver) + "-g -fsanitize=thread ";
const std::string kOfGcc = std::string(kGcc) + "-g -fsanitize=thread ";

const Build kBuilds[] = {
    {"OwnPassPlain", kOwn + "-O0", kOwn + "-O0", kOwn},
    {"OwnPassNoPie", kOwn + "-O2 -fno-pie", kOwn + "-O2 -fno-pie", kOwn + "-no-pie"},
    {"OwnPassLto", kOwn + "-O2 -flto", kOwn + "-O2 -flto", kOwn + "-O2 -flto"},
    {"OwnPassThinLto", kOwn + "-O2 -flto=thin", kOwn + "-O2 -flto=thin", kOwn + "-O2 -flto=thin"},
    {"Clang", kClang + "-O0", kClang + "-O2", kClang},
    {"ClangNoPie", kClang + "-O2 -fno-pie", kClang + "-O2 -fno-pie", kClang + "-no-pie"},
    {"ClangLto", kClang + "-O2 -flto", kClang + "-O2 -flto", kClang + "-O2 -flto"},
    {"Gcc", kOfGcc + "-O0", kOfGcc + "-O2", kClang},
    {"GccNoPie", kOfGcc + "-O2 -fno-pie", kOfGcc + "-O2 -fno-pie", kClang + "-no-pie"},
    {"GccAndClang", kOfGcc + "-O2", kClang + "-O2", kClang},
    {"GccAndOwnPass", kOfGcc + "-O2", kOwn + "-O2", kClang},
    {"ClangAndOwnPass", kOwn + "-O2", kClang + "-O2", kOwn},
};

class BuildsTest : public testing::TestWithParam<Build> {
 protected:
  void Make(const std::string& command) {
    const Outcome made = Shell(folder_.path(), command);
    ASSERT_EQ(made.status, 0) << command << "\n" << made.err;
  }
  void Compile(const std::string& more = "") {
    Make(GetParam().part + more + " -c " SOURCES "/part.cc -o part.o");
    Make(GetParam().whole + " -c " SOURCES "/whole.cc -o whole.o");
  }
  void ExpectFound() {
    Outcome run = Shell(folder_.path(), "'" GORDIAN
                                        "' run --timeout=60s --format=json -o r -- "
                                        "./program race");
    const std::string report = Contents(folder_.path() / "r");
    EXPECT_THAT(RulesIn(report), ElementsAre("race.data confirmed")) << report << run.err;
    EXPECT_THAT(report, HasSubstr("part.cc"));
    EXPECT_THAT(report, HasSubstr("whole.cc"));
    EXPECT_EQ(run.out, "1\n");
    run = Shell(folder_.path(), "'" GORDIAN
                                "' run --timeout=60s --format=json -o r -- "
                                "./program twin");
    EXPECT_THAT(RulesIn(Contents(folder_.path() / "r")), IsEmpty());
    EXPECT_EQ(run.status, 0) << run.err;
  }

  const Folder folder_;
};

TEST_P(BuildsTest, OneProgram) {
  Compile();
  Make(GetParam().link + " part.o whole.o -o program");
  ExpectFound();
}

TEST_P(BuildsTest, SharedLibrary) {
  Compile(" -fPIC");
  Make(GetParam().link + " -shared -fPIC part.o -o libpart.so");
  Make(GetParam().link + " whole.o -L. -lpart -Wl,-rpath,. -Wl,-E -o program");
  ExpectFound();
}

INSTANTIATE_TEST_SUITE_P(Ways, BuildsTest, testing::ValuesIn(kBuilds),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(StaticBuilds, AreRefusedWithASentence) {
  const Folder folder;
  for (const char* option : {"-static", "-static-pie"}) {
    const Outcome made = Shell(
        folder.path(), std::string(kDriver) + option + " -fsanitize=thread " SOURCES "/whole.cc");
    EXPECT_EQ(made.status, 1);
    EXPECT_THAT(made.err, HasSubstr("Gordian's runtime is a shared library"));
  }
}

}  // namespace
