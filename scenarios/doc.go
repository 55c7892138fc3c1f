// Package scenarios runs scenario files in Go programs and tests: it loads them,
// builds their machine, steps it, searches its schedules, and judges what the
// file says. It is the only package of this module that other modules can
// import. It prints nothing and reads no clock; a context bounds the time.
//
// A scenario is a text file (docs/scenario-format.md). Load finds one, Open
// makes a [Run] of it, a [Search] looks for a schedule that violates a property.
// [Test] and [Explore] do both for a folder of files in a go test:
//
//	func TestScenarios(t *testing.T) { scenarios.Test(t, os.DirFS("testdata")) }
//
// Probes can have handlers in Go ([File.Handle]), runs can be judged by
// properties in Go ([File.Check]). Both reach the machine through what they are
// given, a [Hit] or a [View], which records what they read and change: a search
// depends on it. docs/api.md says how a module outside uses the package.
//
// # What is promised
//
// Nothing of the following goes away or changes its meaning without a new major
// version: the exported names of this package with their types; scenario files;
// expressions; the JSON of an [Event] (docs/json.md); that the same file with the
// same [Options] makes the same run; that a verdict that is Exhausted is true
// within the bounds and the model that it names; that a schedule of an earlier
// version is replayed, or refused with [ErrBadSchedule].
//
// # What is not
//
// These may change with any version: the wording of errors, of events, of
// verdicts, of [Searched.TSO] and of [Run.Done]; names of micro-steps and the number of steps that
// an engine takes; which of several schedules a search finds, how many states it
// has and how long it takes; what [Search.KernelText] and [Search.Lines] make a
// step of; engines with an option behind "+". New kinds of notes and events, new
// fields and methods may come: name the fields of the structs that you make. The
// packages in the folders below this one only embed the built-in files.
package scenarios
