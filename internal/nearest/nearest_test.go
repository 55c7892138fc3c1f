package nearest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/nearest"
)

func TestWord(t *testing.T) {
	assert.Equal(t, "arch", nearest.Word("ach", []string{"arch", "cpus"}))
	assert.Equal(t, "", nearest.Word("completely", []string{"arch", "cpus"}), "nothing for a strange word")
}
