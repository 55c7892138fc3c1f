package scenarios

import (
	"io/fs"
	"testing"

	"trapline/internal/scenario"
)

// Test runs every scenario file under fsys as a parallel subtest: golden steps
// must be as the file says, exactly the expected properties may be violated,
// and its schedules and searches (the members schedule and explore) must show
// what they say.
//
//	func TestScenarios(t *testing.T) { scenarios.Test(t, os.DirFS("testdata")) }
//
// When the test binary has a flag -update and it is set, the golden steps of
// files below an os.DirFS are written anew instead.
func Test(t *testing.T, fsys fs.FS) {
	t.Helper()
	scenario.Test(t, fsys)
}

// Explore searches every schedule of each scenario file under fsys, each file a
// parallel subtest: every schedule must be covered within the file's time, and
// hold. Searches other than that are given behind; a random one must only hold.
// Where the file's member explore has a line for a search's engine, that says
// what must be found.
//
//	func TestSchedules(t *testing.T) { scenarios.Explore(t, os.DirFS("testdata")) }
func Explore(t *testing.T, fsys fs.FS, searches ...Search) {
	t.Helper()
	list := make([]scenario.Search, len(searches))
	for i, s := range searches {
		list[i] = s.inner()
	}
	scenario.Explore(t, fsys, list...)
}
