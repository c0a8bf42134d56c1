#include "tests/bench/recorded_run.h"

#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "instrument/recorder/protocol.h"
#include "instrument/recorder/supervisor.h"
#include "tests/bench/harness.h"
#include "tests/bench/side_program.h"

extern char** environ;

namespace gordian::bench {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "benchmark: %s\n", what.c_str());
  std::exit(2);
}

// A variable of the environment as long as it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

// The program's trace, removed in the end.
class TraceFile {
 public:
  TraceFile()
      : path_(std::filesystem::temp_directory_path() /
              ("gordian-overhead-" + std::to_string(getpid()) + ".gtrace")) {}
  ~TraceFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
    std::filesystem::remove(path_ + ".live", ignored);
  }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

// A started program that prints one figure.
class Child {
 public:
  Child(const std::string& program, const std::string& argument) : name_(program) {
    int ends[2];
    if (pipe(ends) != 0) Fail("there is no pipe left");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    std::string words[] = {program, argument};
    char* arguments[] = {words[0].data(), words[1].data(), nullptr};
    if (posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ) != 0) {
      Fail("cannot run " + program);
    }
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    output_ = fdopen(ends[0], "r");
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int output() const { return fileno(output_); }

  RunCost Wait() {
    RunCost cost;
    const bool printed = std::fscanf(output_, "%lf", &cost.peak_bytes) == 1;
    std::fclose(output_);
    int status = 0;
    rusage usage{};
    if (wait4(pid_, &status, 0, &usage) != pid_ || status != 0 || !printed) Fail(name_ + " failed");
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      cost.cpu_seconds +=
          static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    }
    return cost;
  }

 private:
  const std::string name_;
  pid_t pid_ = 0;
  FILE* output_ = nullptr;
};

// Serves the recorder's side of the program until that has printed its figure.
void Serve(recorder::Supervisor& supervisor, const Child& child) {
  for (std::vector<pollfd> descriptors; descriptors.empty() || descriptors[0].revents == 0;) {
    descriptors.assign(1, {child.output(), POLLIN, 0});
    supervisor.Watch(descriptors);
    poll(descriptors.data(), descriptors.size(), -1);
    supervisor.Handle(std::span(descriptors).subspan(1));
  }
}

RunCost RunSupervised(const std::string& program, const std::string& argument) {
  const TraceFile trace;
  const double before = CpuSeconds();
  std::string error;
  auto supervisor = recorder::Supervisor::Start(
      [&](const recorder::RecordedProcess::Identity&, std::size_t) { return trace.path(); }, error);
  if (supervisor == nullptr) Fail(error);
  const Variable address(recorder::kSupervisorVariable, supervisor->address());
  Child child(program, argument);
  Serve(*supervisor, child);
  RunCost cost = child.Wait();
  if (supervisor->processes().empty()) Fail(program + " was not recorded");
  recorder::RecordedProcess& process = *supervisor->processes()[0];
  process.Finish();
  process.Close({});
  supervisor.reset();
  cost.cpu_seconds += CpuSeconds() - before;
  return cost;
}

}  // namespace

RunCost RunProgram(const std::string& program, const std::string& argument, Recorder recorder) {
  switch (recorder) {
    case Recorder::kNone:
      return Child(program, argument).Wait();
    case Recorder::kSupervisor:
      return RunSupervised(program, argument);
    case Recorder::kPreloaded: {
      const Variable preload("LD_PRELOAD", Beside("libgordian_preload.so"));
      return RunSupervised(program, argument);
    }
    case Recorder::kItself: {
      const TraceFile trace;
      const Variable options("GORDIAN_OPTIONS", "trace=" + trace.path());
      return Child(program, argument).Wait();
    }
  }
  Fail("there is no such recorder");
}

}  // namespace gordian::bench
