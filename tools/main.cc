// The `gordian` command: finds the subcommand, parses its options, runs it.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "instrument/recorder/attach.h"
#include "instrument/recorder/nearest.h"
#include "tools/command.h"

namespace gordian::tools {
namespace {

struct Entry {
  const char* name;
  const char* summary;
  std::unique_ptr<Command> (*make)();
};

constexpr std::array kCommands = {
    Entry{"run", "Record a program, watch it, say what is wrong", MakeRun},
    Entry{"analyze", "Say what is wrong in recorded traces", MakeAnalyze},
    Entry{"dump", "Print a trace's records as text", MakeDump},
    Entry{"verify", "Check that traces are whole, and can have happened", MakeVerify},
    Entry{"stats", "Counts, contention and parallelism of a trace", MakeStats},
    Entry{"attend", "Watch a program that runs alone, whose runtime starts this", MakeAttend},
    Entry{"explain", "What a rule means, with a bug and its fix", MakeExplain},
    Entry{"doctor", "Check that recording and detection work here", MakeDoctor},
};

// Every word that could have been meant: the options of `app`, or the subcommands.
std::vector<std::string> Options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::string NearestOf(const std::string& word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return std::string(recorder::Nearest(word.substr(0, word.find('=')), candidates));
}

int ExplainExtras(const CLI::App& app, const CLI::App* chosen) {
  if (chosen == nullptr) {
    const std::string word = app.remaining().empty() ? "" : app.remaining().front();
    if (word.empty()) return Complain("no subcommand; `gordian --help` lists them");
    if (word.front() == '-') {
      return Complain("unknown option " + word + "; the nearest is " +
                      NearestOf(word, Options(app)));
    }
    std::vector<std::string> names;
    for (const Entry& entry : kCommands) names.emplace_back(entry.name);
    return Complain("unknown subcommand " + word + "; the nearest is " + NearestOf(word, names));
  }
  for (const std::string& word : chosen->remaining()) {
    if (word.empty() || word.front() != '-') {
      return Complain(chosen->get_name() + ": unexpected argument " + word);
    }
    return Complain(chosen->get_name() + ": unknown option " + word + "; the nearest is " +
                    NearestOf(word, Options(*chosen)));
  }
  return Complain("unexpected arguments");
}

int Main(int argc, char** argv) {
  CLI::App app{"Finds deadlocks, leaks, starvation, livelock and races in recorded C++ programs.",
               "gordian"};
  app.set_version_flag("--version", GORDIAN_VERSION);
  app.require_subcommand(0, 1);
  std::vector<std::unique_ptr<Command>> commands;
  std::vector<CLI::App*> apps;
  for (const Entry& entry : kCommands) {
    commands.push_back(entry.make());
    apps.push_back(app.add_subcommand(entry.name, entry.summary));
    commands.back()->Declare(*apps.back());
  }
  std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < apps.size(); ++i) {
    if (!words.empty() && words.front() == kCommands[i].name) {
      commands[i]->TakeRest(*apps[i], words);
    }
  }
  const auto chosen = [&]() -> const CLI::App* {
    const std::vector<CLI::App*> given = app.get_subcommands();
    return given.empty() ? nullptr : given.front();
  };
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(std::move(words));
  } catch (const CLI::Success& help) {  // --help, --version
    return app.exit(help);
  } catch (const CLI::ExtrasError&) {
    return ExplainExtras(app, chosen());
  } catch (const CLI::ParseError& error) {
    const CLI::App* given = chosen();
    return Complain((given == nullptr ? "" : given->get_name() + ": ") + error.what());
  }
  for (std::size_t i = 0; i < apps.size(); ++i) {
    if (apps[i]->parsed()) return commands[i]->Run();
  }
  std::cerr << app.help();
  return kExitUsage;
}

}  // namespace

int Complain(std::string_view message) {
  std::cerr << "gordian: " << message << '\n';
  return kExitUsage;
}

}  // namespace gordian::tools

// The command records nothing of its own: what GORDIAN_OPTIONS says is meant for the program.
// Before the recorder looks at them.
[[gnu::constructor(101)]] static void RecordNothing() { gordian::recorder::StandAside(); }

int main(int argc, char** argv) {
  try {
    return gordian::tools::Main(argc, argv);
  } catch (const std::exception& error) {
    return gordian::tools::Complain(std::string("internal error: ") + error.what());
  }
}
