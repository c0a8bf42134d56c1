// The pass's switches: `-mllvm -gordian-…=false` turns a step off. The optimising steps run from
// -O1 on. All are sound for happens-before; a switch is for measuring and for finding errors.
#ifndef GORDIAN_INSTRUMENT_PASS_OPTIONS_H_
#define GORDIAN_INSTRUMENT_PASS_OPTIONS_H_

namespace gordian::pass {

struct Options {
  bool unshared = true;    // leave out what cannot be shared, at every level
  bool redundant = false;  // drop accesses that another one stands for
  bool loops = false;      // one event for the accesses of a loop
  bool filter = false;     // look into the filter before calling a hook
};

// What the command line says, at an optimisation level or without.
Options OptionsFor(bool optimise);

}  // namespace gordian::pass

#endif  // GORDIAN_INSTRUMENT_PASS_OPTIONS_H_
