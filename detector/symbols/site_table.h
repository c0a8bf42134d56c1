// From site ids to frames: what a trace says about places in the program.
//
//   SiteTable sites;
//   sites.Take(event);                          // every event, or definitions alone
//   Symbolizer symbolizer;
//   sites.Resolve(symbolizer);                  // stacks that the trace has no names for
//   const Frame* frame = sites.Shown(site);     // nullptr: unknown
//
// A `site` record is a source location; a `site-stack` record has return addresses, which
// `module` records and a symbolizer, or a stored `site-frames` record, turn into frames.
// Stored frames win: they were resolved where the program ran.
// Locking   none: one thread at a time.
// Cost      memory linear in sites; Resolve() costs one look-up per new address.
#ifndef GORDIAN_DETECTOR_SYMBOLS_SITE_TABLE_H_
#define GORDIAN_DETECTOR_SYMBOLS_SITE_TABLE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/symbols/frame.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

// An object file of the recorded program.
struct Module {
  std::uint64_t base = 0;  // load address
  std::uint64_t size = 0;
  std::string path;
  std::string build_id;  // hexadecimal; may be empty
};

// A variable of an object file.
struct Variable {
  std::string name;
  std::uint64_t begin = 0;  // in the file's addresses
  std::uint64_t bytes = 0;
};

// Where a variable is defined.
struct Definition {
  std::string file;
  std::uint32_t line = 0;
};

// Knows what lies at an address of an object file.
class AddressResolver {
 public:
  virtual ~AddressResolver() = default;
  // Of code: frames, innermost first; none where it cannot tell.
  virtual std::vector<Frame> Resolve(const Module& module, std::uint64_t offset) = 0;
  // Of data.
  virtual std::optional<Variable> ResolveData(const Module&, std::uint64_t) { return std::nullopt; }
  // Where that variable is defined. May take seconds, the first time for a large file.
  virtual std::optional<Definition> ResolveDefinition(const Module&, std::uint64_t) {
    return std::nullopt;
  }
};

class SiteTable {
 public:
  // Takes note of a definition; every other event is passed over.
  void Take(const trace::Event& event);

  // Asks for the frames of every stack that has none yet.
  void Resolve(AddressResolver& resolver);

  // Innermost first; empty for 0 and for what the trace does not define.
  std::span<const Frame> Frames(trace::SiteId site) const;
  const Frame* Shown(trace::SiteId site) const;

  // The object files that a stack's frames lie in, innermost first; none where it is no stack.
  std::vector<const Module*> ModulesOf(trace::SiteId site) const;

  // The object file that was loaded at this address; nullptr: none.
  const Module* ModuleAt(std::uint64_t address) const;

  // Records, one after the other in the words of a stream, that store the frames of every
  // resolved stack: appended to a trace as a stream of definitions (FORMAT.md, "Sites").
  std::vector<std::uint64_t> ResolvedRecords() const;

  std::span<const Module> modules() const { return modules_; }
  // The path of the program's own file, which is the first module; "" where none is known.
  std::string Program() const { return modules_.empty() ? "" : modules_.front().path; }
  const std::string& command() const { return command_; }  // of the recorded program
  std::uint64_t start_ns() const { return start_ns_; }     // when recording began

 private:
  struct Site {
    std::vector<Frame> frames;
    std::vector<std::uint64_t> stack;  // return addresses, innermost first
  };

  Site& At(trace::SiteId site);
  void TakeModule(const trace::Event& event);
  std::vector<Frame> FramesAt(std::uint64_t address, AddressResolver& resolver) const;

  absl::flat_hash_map<trace::SiteId, Site> sites_;
  std::vector<Module> modules_;
  std::string command_;
  std::uint64_t start_ns_ = 0;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_SYMBOLS_SITE_TABLE_H_
