import { z } from "zod";

// Zod writes functions for its objects where it may; the policy of the pages forbids it, and reports the attempt.
z.config({ jitless: true });
