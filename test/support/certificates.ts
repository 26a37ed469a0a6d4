/** The authority that `thimble init` makes for a household: tests have one of their own each. */
export { Authority, type Identity, type Subject } from "../../host-sim/home/household/certificates";
