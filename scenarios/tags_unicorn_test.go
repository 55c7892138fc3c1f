//go:build unicorn

package scenarios_test

const tags = "-tags=unicorn"
