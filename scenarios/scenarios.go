// Package scenarios runs scenario files in Go programs and tests of other modules.
package scenarios

import (
	"context"
	"io/fs"
	"testing"

	"trapline/internal/scenario"
)

// Parts of the API.
type (
	File    = scenario.File
	Options = scenario.Options
	Run     = scenario.Run
	Search  = scenario.Search
)

// Load reads a scenario: a built-in one by its name, else a file by its path.
func Load(nameOrPath string) (*File, error) { return scenario.Load(nameOrPath) }

// LoadFS reads a scenario file of a file system.
func LoadFS(fsys fs.FS, name string) (*File, error) { return scenario.LoadFS(fsys, name) }

// Open builds the machine of a scenario, ready for its first step.
func Open(ctx context.Context, f *File, o Options) (*Run, error) { return scenario.Open(ctx, f, o) }

// Test runs every scenario file under fsys as a parallel subtest.
func Test(t *testing.T, fsys fs.FS) {
	t.Helper()
	scenario.Test(t, fsys)
}

// Explore searches every schedule of each scenario file under fsys.
func Explore(t *testing.T, fsys fs.FS, searches ...Search) {
	t.Helper()
	scenario.Explore(t, fsys, searches...)
}
