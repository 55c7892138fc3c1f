package explore_test

import (
	"context"

	"trapline/internal/explore"
	"trapline/internal/rigs/enumerate"
)

// The rig imports the package, so tests inside it get the rig from here.
func init() {
	explore.Enumerate = func(ctx context.Context, sys explore.System, limit uint64) *explore.Enumeration {
		return (*explore.Enumeration)(enumerate.Run(ctx, sys, limit))
	}
}
