// One subcommand of `gordian`.
//
// A subcommand declares its options, then runs with what was given. It says what went
// wrong with Complain() and returns the exit status; nothing here throws past main.
#ifndef GORDIAN_TOOLS_COMMAND_H_
#define GORDIAN_TOOLS_COMMAND_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace gordian::tools {

// Usage errors, unreadable input and internal errors exit with this.
inline constexpr int kExitUsage = 2;

class Command {
 public:
  virtual ~Command() = default;
  virtual void Declare(CLI::App& app) = 0;
  // Takes what belongs to somebody else (a program and its arguments) off the end of `words`,
  // the command line from the subcommand's name on, before the rest is parsed.
  virtual void TakeRest(const CLI::App&, std::vector<std::string>&) {}
  virtual int Run() = 0;
};

// One line on stderr: "gordian: …". Returns kExitUsage.
int Complain(std::string_view message);

// The subcommands, each in the file of its name; main.cc lists them.
std::unique_ptr<Command> MakeAnalyze();
std::unique_ptr<Command> MakeAttend();
std::unique_ptr<Command> MakeDoctor();
std::unique_ptr<Command> MakeDump();
std::unique_ptr<Command> MakeExplain();
std::unique_ptr<Command> MakeRun();
std::unique_ptr<Command> MakeStats();
std::unique_ptr<Command> MakeVerify();

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_COMMAND_H_
