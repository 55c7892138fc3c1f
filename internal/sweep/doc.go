// Package sweep makes many searches of scenarios in one process, or a part of
// them in each of several: every scenario under every engine, strategy, bound
// and seed. A result is a line of JSON with its search's key, so that a sweep that was
// ended goes on where it was, and the parts of several are put together.
package sweep
