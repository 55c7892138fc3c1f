//go:build !unicorn

package scenarios_test

// tags are those of the module outside: the packages are built already.
const tags = ""
