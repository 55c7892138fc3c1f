package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goFile is a Go file that a page names with its folder.
var goFile = regexp.MustCompile("`([a-z0-9_]+/[A-Za-z0-9_/]*\\.go)`")

// TestNamedFilesExist: a Go file that a page names with its folder, of the repository or of internal/, is there.
func TestNamedFilesExist(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	require.NoError(t, err)
	pages = append(pages, "../README.md", "../CONTRIBUTING.md")
	named := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range goFile.FindAllStringSubmatch(string(text), -1) {
			named++
			_, below := os.Stat(filepath.Join("..", m[1]))
			_, inside := os.Stat(filepath.Join("../internal", m[1]))
			assert.True(t, below == nil || inside == nil, "%s names %s, which is not there", page, m[1])
		}
	}
	assert.Greater(t, named, 10)
}
