package tracekprobe

import (
	"testing"

	"trapline/internal/rigs/testkit"
)

func TestMovesOfAProbe(t *testing.T) {
	testkit.Moves(t, lives, func(l life) (func(life), func() life) {
		p := &planted{life: l}
		return p.become, func() life { return p.life }
	})
	testkit.WrittenIn(t, "moves.go", "life")
}
