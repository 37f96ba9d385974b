// Made by `npm run client-types` from the description of the API.

export interface paths {
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the process runs
         * @description Needs no key.
         */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the process runs
         * @description Needs no key.
         */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the process can serve requests
         * @description Needs no key.
         */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List changes
         * @description Lists the changes in the environment, and those of its tenant as a whole, newest first. Needs the permission `audit:read`.
         */
        get: operations["listAuditEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow changes as they happen
         * @description Server-sent events: `data` is a change as in the list, `id` its `seq`. After a lost connection, send the last `id` as `Last-Event-ID`: no change is skipped or repeated. The stream ends at once when its key loses access. Each process allows 5 streams for a key and 20 for a tenant. Needs the permission `audit:read`.
         */
        get: operations["streamAuditEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/keys/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verify another key, or up to 100
         * @description For services to which a key of their own tenant was presented. An invalid key is a normal answer, not an error. Each verification counts its cost against the limit of the verified key, even if the key lacks the permission. Needs the permission `keys:verify`.
         */
        post: operations["verifyKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the identity of the key
         * @description Needs any key.
         */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Decide for a proxy whether a request may pass
         * @description Forward authentication for nginx, Caddy, HAProxy, Traefik and Envoy. Accepts every method and any path below this one, and ignores the body. The response headers carry the identity of the key. Needs any key.
         */
        get: operations["verifyRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customer/portal/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the customer of the session
         * @description Needs a customer's session.
         */
        get: operations["getPortalInfo"];
        /**
         * Replace the customer's own data
         * @description Needs a customer's session.
         */
        put: operations["replacePortalInfo"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List customers
         * @description Needs the permission `customers:read`.
         */
        get: operations["listCustomers"];
        put?: never;
        /**
         * Create a customer
         * @description Needs the permission `customers:write`.
         */
        post: operations["createCustomer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a customer
         * @description Needs the permission `customers:read`.
         */
        get: operations["getCustomer"];
        put?: never;
        post?: never;
        /**
         * Delete a customer
         * @description Needs the permission `customers:write`.
         */
        delete: operations["deleteCustomer"];
        options?: never;
        head?: never;
        /**
         * Update, deactivate or activate a customer
         * @description Deactivating a customer revokes all of its sessions. Needs the permission `customers:write`.
         */
        patch: operations["updateCustomer"];
        trace?: never;
    };
    "/v1/customers/portal/{external_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Issue a session to a customer
         * @description The token is shown only in this response. Needs the permission `sessions:write`.
         */
        get: operations["issueSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/portal/{external_id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke all sessions of a customer
         * @description The sessions are refused from this response on. Needs the permission `sessions:write`.
         */
        delete: operations["revokeSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/portal/{external_id}/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a session of a customer
         * @description The session is refused from this response on. Repeating the request gives the same answer. Needs the permission `sessions:write`.
         */
        delete: operations["revokeSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/environments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the environments of the tenant
         * @description Needs the permission `environments:read`.
         */
        get: operations["listEnvironments"];
        put?: never;
        /**
         * Create an environment
         * @description Needs the permission `environments:write`.
         */
        post: operations["createEnvironment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/environments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an environment
         * @description Needs the permission `environments:read`.
         */
        get: operations["getEnvironment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Update an environment
         * @description Renames it, deactivates or activates it, or sets the default limit of its keys. A stored key may update only the environment that it works in. Needs the permission `environments:write`.
         */
        patch: operations["updateEnvironment"];
        trace?: never;
    };
    "/v1/secrets/api/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a key
         * @description Needs the permission `keys:read`.
         */
        get: operations["getKey"];
        put?: never;
        post?: never;
        /**
         * Delete a key
         * @description The key is refused from this response on. Repeating the request gives the same answer. Needs the permission `keys:write`.
         */
        delete: operations["deleteKey"];
        options?: never;
        head?: never;
        /**
         * Update a key
         * @description Renames it, deactivates or activates it, or sets its expiry, permissions, limit or metadata. Needs the permission `keys:write`.
         */
        patch: operations["updateKey"];
        trace?: never;
    };
    "/v1/secrets/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List keys
         * @description Needs the permission `keys:read`.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Create a key
         * @description The key is shown only in this response. Needs the permission `keys:write`.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/api/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate a key
         * @description Creates a key that replaces this one, with the same permissions and limits. The old key expires after the overlap, or at once without one. Needs the permission `keys:write`.
         */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/api/keys/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the changes of one key
         * @description Lists who changed the key, when, and its state before and after. Stays readable after the key is deleted. Needs the permission `keys:read`.
         */
        get: operations["listKeyEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/api/keys/{id}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the usage of a key
         * @description Returns when and from where the key was last used, and its requests by hour and outcome, a few seconds behind. Hours are kept for 31 days. Needs the permission `keys:read`.
         */
        get: operations["getKeyUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/api/keys/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import keys
         * @description Takes over keys of another system by their SHA-256 hashes, all or none. The keys themselves may have any form of up to 512 characters, and are never sent. Needs the permission `keys:import`.
         */
        post: operations["importKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List signing secrets
         * @description Lists metadata only; the secrets themselves are never returned. Needs the permission `webhooks:read`.
         */
        get: operations["listWebhookSecrets"];
        put?: never;
        /**
         * Create or store a signing secret
         * @description An environment holds at most two secrets of a provider: the old one and the new one. Needs the permission `webhooks:write`.
         */
        post: operations["createWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a signing secret
         * @description Nothing signed with the secret is accepted from this response on. Needs the permission `webhooks:write`.
         */
        delete: operations["deleteWebhookSecret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a tenant
         * @description Creates the tenant with the environments `development` and `production`, and a first key that holds every permission in `production`. The key is shown only in this response. Needs a key of the operator's configuration.
         */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the tenant of the key
         * @description Needs the permission `tenants:read`.
         */
        get: operations["getTenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Rename, deactivate or activate a tenant
         * @description Deactivating a tenant refuses all of its keys at once. Needs a key of the operator's configuration.
         */
        patch: operations["updateTenant"];
        trace?: never;
    };
    "/v1/usage/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Summarize the usage of all keys
         * @description Summarizes the environment: the most used keys, the unused ones, and those that expire soon. Needs the permission `keys:read`.
         */
        get: operations["summarizeUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the users and service accounts of the tenant
         * @description Needs the permission `users:read`.
         */
        get: operations["listUsers"];
        put?: never;
        /**
         * Create a user or a service account
         * @description A new user has no keys. Create one with its `user_id`. Needs the permission `users:write`.
         */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a user or a service account
         * @description Needs the permission `users:read`.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Update, deactivate or activate a user
         * @description Deactivating a user refuses all of its keys at once, in every environment. Only a key of the operator's configuration may update the user that such a key belongs to. Needs the permission `users:write`.
         */
        patch: operations["updateUser"];
        trace?: never;
    };
    "/v1/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the user of the key
         * @description Needs any key.
         */
        get: operations["getOwnUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{provider}/{tenant_id}/{environment_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a webhook
         * @description Called by providers. The body may have any type and up to 1 MiB, and must be signed with a secret of the environment. Needs no key.
         */
        post: operations["receiveWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List received webhooks
         * @description Lists deliveries in the order in which they were stored: a later one has a higher sequence. Needs the permission `webhooks:read`.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a received webhook with its body
         * @description Needs the permission `webhooks:read`.
         */
        get: operations["getWebhookDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/deliveries/{id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Acknowledge a received webhook
         * @description Marks the delivery as processed. Repeating the request gives the same answer. Needs the permission `webhooks:write`.
         */
        post: operations["acknowledgeWebhookDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the public keys of signed identities
         * @description A JSON Web Key Set (RFC 7517). 404 unless `IDENTITY_KEYS` is set. Needs no key.
         */
        get: operations["listPublicKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: never;
    responses: {
        /** @description The request was refused */
        Refused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": {
                 *         "message": "API key required",
                 *         "internal_error": "permission_denied"
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @enum {boolean} */
                    success: false;
                    error: {
                        message: string;
                        /** @description Machine-readable code. */
                        internal_error: "permission_denied" | "validation_error" | "not_found" | "already_exists" | "too_many_requests" | "service_unavailable" | "system_error";
                        details?: {
                            path: string;
                            message: string;
                        }[];
                    };
                };
            };
        };
        /** @description The request failed */
        Failed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": {
                 *         "message": "Authentication temporarily unavailable",
                 *         "internal_error": "service_unavailable"
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @enum {boolean} */
                    success: false;
                    error: {
                        message: string;
                        /** @description Machine-readable code. */
                        internal_error: "permission_denied" | "validation_error" | "not_found" | "already_exists" | "too_many_requests" | "service_unavailable" | "system_error";
                        details?: {
                            path: string;
                            message: string;
                        }[];
                    };
                };
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok";
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok";
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description `ok`: the process decides on keys, whatever else the checks say. `unavailable`: it does not, or it is stopping. */
                        status: "ok" | "unavailable";
                        /** @description The reason why the process decides nothing: it must be upgraded, or waits for the database at its start. Absent otherwise. */
                        reason?: string;
                        checks: {
                            /** @description `unavailable`: the database has not answered within 250 ms. Keys are decided on all the same, while the lease is valid. */
                            database: "ok" | "unavailable";
                            /** @description `loading`: the replica is loading the keys. `unavailable`: all keys are in memory, but the lease to decide by them has run out. `outdated`: the database holds changes that need a newer release. */
                            keys: "ok" | "loading" | "unavailable" | "outdated";
                            /** @description `shared`: all processes count limits together, in Redis. `process`: each process counts for itself, because Redis is not configured or unreachable. */
                            rate_limits: "shared" | "process";
                            /** @description `untrusted`: a proxy that `TRUSTED_PROXIES` does not name has sent `X-Forwarded-For`. All of its clients count as one address. */
                            proxies: "ok" | "untrusted";
                        };
                        replica: {
                            /** @description Keys in memory. Grows while they are loaded. */
                            keys: number;
                            key_table_bytes: number;
                            lease_valid: boolean;
                            applied_seq: number | null;
                            /** @description Changes that are known but not yet applied. */
                            lag_events: number;
                            /** @description How often other processes stopped waiting for this one because it was too slow. */
                            times_fenced: number;
                            notifications: boolean | null;
                            last_propagation_ms: number | null;
                        };
                    };
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description `ok`: the process decides on keys, whatever else the checks say. `unavailable`: it does not, or it is stopping. */
                        status: "ok" | "unavailable";
                        /** @description The reason why the process decides nothing: it must be upgraded, or waits for the database at its start. Absent otherwise. */
                        reason?: string;
                        checks: {
                            /** @description `unavailable`: the database has not answered within 250 ms. Keys are decided on all the same, while the lease is valid. */
                            database: "ok" | "unavailable";
                            /** @description `loading`: the replica is loading the keys. `unavailable`: all keys are in memory, but the lease to decide by them has run out. `outdated`: the database holds changes that need a newer release. */
                            keys: "ok" | "loading" | "unavailable" | "outdated";
                            /** @description `shared`: all processes count limits together, in Redis. `process`: each process counts for itself, because Redis is not configured or unreachable. */
                            rate_limits: "shared" | "process";
                            /** @description `untrusted`: a proxy that `TRUSTED_PROXIES` does not name has sent `X-Forwarded-For`. All of its clients count as one address. */
                            proxies: "ok" | "untrusted";
                        };
                        replica: {
                            /** @description Keys in memory. Grows while they are loaded. */
                            keys: number;
                            key_table_bytes: number;
                            lease_valid: boolean;
                            applied_seq: number | null;
                            /** @description Changes that are known but not yet applied. */
                            lag_events: number;
                            /** @description How often other processes stopped waiting for this one because it was too slow. */
                            times_fenced: number;
                            notifications: boolean | null;
                            last_propagation_ms: number | null;
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listAuditEvents: {
        parameters: {
            query?: {
                /** @description Number of events in a page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string;
                /** @example key.deactivated */
                kind?: string;
                /** @description The key that made the change */
                actor_key_id?: string;
                /** @description Include changes made with keys of this user. */
                actor_user_id?: string;
                /** @description What was changed: a key, an environment, a tenant, … */
                subject_id?: string;
                /** @description Include events at or after this time. */
                from?: string;
                /** @description Include events before this time. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Newest first. */
                        items: {
                            /** @description Number of the event. Grows with every change; numbers in between belong to events of others. */
                            seq: number;
                            /** @description The resource and the action, such as `key.deactivated`. */
                            kind: string;
                            tenant_id: string;
                            environment_id: string | null;
                            /** @description Id of the changed resource. */
                            subject_id: string;
                            /** @description State before the change; `null` if the resource is new. */
                            before: {
                                [key: string]: unknown;
                            } | null;
                            /** @description State after the change; `null` if the resource was deleted. */
                            after: {
                                [key: string]: unknown;
                            } | null;
                            /** @description Author of the change. All fields are `null` if it was the operator or the service itself. */
                            actor: {
                                key_id: string | null;
                                user_id: string | null;
                                address: string | null;
                            };
                            request_id: string | null;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                        }[];
                        next_cursor: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    streamAuditEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description The last `id` received, or the `seq` of an event. Without it, the stream begins with the next change. */
                "last-event-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events as they happen, each in the form of the list, with comments and bare ids in between. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    verifyKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "api_key": "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffee",
                 *       "permission": "orders:read"
                 *     }
                 */
                "application/json": {
                    /** @description The key exactly as it was presented, in any form. */
                    api_key: string;
                    /** @description Permission that the key must hold. */
                    permission?: string;
                    /** @description Number of requests to count against the limit of the key, 1 by default. Nothing is counted if less is left. 0 only reads the limit. */
                    cost?: number;
                } | {
                    /** @description The key exactly as it was presented, in any form. */
                    api_key: string;
                    /** @description Permission that the key must hold. */
                    permission?: string;
                    /** @description Number of requests to count against the limit of the key, 1 by default. Nothing is counted if less is left. 0 only reads the limit. */
                    cost?: number;
                }[];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "valid": true,
                     *       "code": "valid",
                     *       "key_id": "key_01a20557a16e731f8ab301630217ef18",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "user_id": "user_default",
                     *       "permissions": [
                     *         "orders:read"
                     *       ],
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60,
                     *         "remaining": 99,
                     *         "reset_seconds": 60
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @description `true` if the request that presented the key may proceed. */
                        valid: boolean;
                        /** @description Reason for the verdict. Keys of other tenants are `not_found`. */
                        code: "valid" | "not_found" | "expired" | "inactive" | "insufficient_permissions" | "rate_limited";
                        key_id: string | null;
                        tenant_id: string | null;
                        environment_id: string | null;
                        user_id: string | null;
                        permissions: string[];
                        rate_limit: {
                            /** @description Requests allowed in a window. */
                            limit: number;
                            window_seconds: number;
                            /** @description Requests left in this window. */
                            remaining: number;
                            /** @description Seconds until the window ends; 0 if no window is running and the whole limit is left. */
                            reset_seconds: number;
                        } | null;
                    } | {
                        /** @description `true` if the request that presented the key may proceed. */
                        valid: boolean;
                        /** @description Reason for the verdict. Keys of other tenants are `not_found`. */
                        code: "valid" | "not_found" | "expired" | "inactive" | "insufficient_permissions" | "rate_limited";
                        key_id: string | null;
                        tenant_id: string | null;
                        environment_id: string | null;
                        user_id: string | null;
                        permissions: string[];
                        rate_limit: {
                            /** @description Requests allowed in a window. */
                            limit: number;
                            window_seconds: number;
                            /** @description Requests left in this window. */
                            remaining: number;
                            /** @description Seconds until the window ends; 0 if no window is running and the whole limit is left. */
                            reset_seconds: number;
                        } | null;
                    }[];
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "user_id": "user_default",
                     *       "key_id": "key_01a20557a16e731f8ab301630217ef18",
                     *       "permissions": [
                     *         "customers:read"
                     *       ],
                     *       "rate_limit": null
                     *     }
                     */
                    "application/json": {
                        tenant_id: string;
                        environment_id: string | null;
                        user_id: string;
                        key_id: string;
                        permissions: string[];
                        rate_limit: {
                            /** @description Requests allowed in a window. */
                            limit: number;
                            window_seconds: number;
                        } | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    verifyRequest: {
        parameters: {
            query?: {
                /**
                 * @description Require this permission. If it is given several times, all of them are required.
                 * @example [
                 *       "orders:read"
                 *     ]
                 */
                permission?: string[];
                /** @description Answer 403 with `X-Auth-Status: 429` in place of 429, for nginx. */
                deny?: "403";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request may pass. Replace the request's headers of the same names with these. */
            200: {
                headers: {
                    /** @description The tenant */
                    "X-Auth-Tenant-ID"?: string;
                    /** @description The environment; empty: none */
                    "X-Auth-Environment-ID"?: string;
                    /** @description The user */
                    "X-Auth-User-ID"?: string;
                    /** @description The key */
                    "X-Auth-Key-ID"?: string;
                    /** @description What the key holds, with commas between; empty: nothing */
                    "X-Auth-Permissions"?: string;
                    /** @description All of this for this one request, signed: a JWT of a minute. Only where `IDENTITY_KEYS` is set, and to a proxy that is trusted and says which request it is */
                    "X-Auth-Context"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getPortalInfo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cust_01a20557a16e731f8ab301630217ef18",
                     *       "external_id": "acct_42",
                     *       "name": "Ada Lovelace",
                     *       "email": "ada@example.com",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        external_id: string;
                        name: string | null;
                        email: string | null;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    replacePortalInfo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada King",
                 *       "email": "ada@example.com"
                 *     }
                 */
                "application/json": {
                    name: string | null;
                    email: string | null;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cust_01a20557a16e731f8ab301630217ef18",
                     *       "external_id": "acct_42",
                     *       "name": "Ada Lovelace",
                     *       "email": "ada@example.com",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        external_id: string;
                        name: string | null;
                        email: string | null;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listCustomers: {
        parameters: {
            query?: {
                /** @description Number of items in a page. */
                limit?: number;
                /** @description Number of items to skip. */
                offset?: number;
                /**
                 * @description Your own id of the customer, unique within the environment.
                 * @example acct_42
                 */
                external_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            external_id: string;
                            name: string | null;
                            email: string | null;
                            metadata: {
                                [key: string]: string;
                            };
                            /** @description Requests with an inactive one are refused with 403. */
                            status: "active" | "inactive";
                            tenant_id: string;
                            environment_id: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            updated_at: string;
                        }[];
                        pagination: {
                            total: number;
                            limit: number;
                            offset: number;
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "external_id": "acct_42",
                 *       "name": "Ada Lovelace",
                 *       "email": "ada@example.com",
                 *       "metadata": {
                 *         "plan": "pro"
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Your own id of the customer, unique within the environment.
                     * @example acct_42
                     */
                    external_id: string;
                    name?: string | null;
                    email?: string | null;
                    /**
                     * @description Labels of your own.
                     * @example {
                     *       "plan": "pro"
                     *     }
                     */
                    metadata?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cust_01a20557a16e731f8ab301630217ef18",
                     *       "external_id": "acct_42",
                     *       "name": "Ada Lovelace",
                     *       "email": "ada@example.com",
                     *       "metadata": {
                     *         "plan": "pro"
                     *       },
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        external_id: string;
                        name: string | null;
                        email: string | null;
                        metadata: {
                            [key: string]: string;
                        };
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        tenant_id: string;
                        environment_id: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cust_01a20557a16e731f8ab301630217ef18",
                     *       "external_id": "acct_42",
                     *       "name": "Ada Lovelace",
                     *       "email": "ada@example.com",
                     *       "metadata": {
                     *         "plan": "pro"
                     *       },
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        external_id: string;
                        name: string | null;
                        email: string | null;
                        metadata: {
                            [key: string]: string;
                        };
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        tenant_id: string;
                        environment_id: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    deleteCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The customer is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    updateCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada King",
                 *       "metadata": {
                 *         "plan": "enterprise"
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Your own id of the customer, unique within the environment.
                     * @example acct_42
                     */
                    external_id?: string;
                    name?: string | null;
                    email?: string | null;
                    /**
                     * @description Labels of your own.
                     * @example {
                     *       "plan": "pro"
                     *     }
                     */
                    metadata?: {
                        [key: string]: string;
                    };
                    /** @description Requests with an inactive one are refused with 403. */
                    status?: "active" | "inactive";
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cust_01a20557a16e731f8ab301630217ef18",
                     *       "external_id": "acct_42",
                     *       "name": "Ada Lovelace",
                     *       "email": "ada@example.com",
                     *       "metadata": {
                     *         "plan": "pro"
                     *       },
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        external_id: string;
                        name: string | null;
                        email: string | null;
                        metadata: {
                            [key: string]: string;
                        };
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        tenant_id: string;
                        environment_id: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    issueSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                external_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "url": "https://portal.example.com#token=eyJhbGciOiJFZERTQSJ9…",
                     *       "token": "eyJhbGciOiJFZERTQSJ9…",
                     *       "expires_at": "2026-11-20T13:00:00.000Z",
                     *       "session_id": "sess_01a20557a16e731f8ab301630217ef18"
                     *     }
                     */
                    "application/json": {
                        /** @description URL of the portal with the token after `#`, so that no server receives it. */
                        url: string;
                        /** @description The token to send as `X-Session-Token`. */
                        token: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        expires_at: string;
                        /** @description Id by which the session can be revoked. */
                        session_id: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    revokeSessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                external_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sessions are revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    revokeSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                external_id: string;
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session is revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listEnvironments: {
        parameters: {
            query?: {
                /** @description Number of items in a page. */
                limit?: number;
                /** @description Number of items to skip. */
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            tenant_id: string;
                            name: string;
                            /** @description Requests with an inactive one are refused with 403. */
                            status: "active" | "inactive";
                            rate_limit: {
                                /** @description Requests allowed in a window. */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            updated_at: string;
                        }[];
                        pagination: {
                            total: number;
                            limit: number;
                            offset: number;
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createEnvironment: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "staging",
                 *       "rate_limit": {
                 *         "limit": 100,
                 *         "window_seconds": 60
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Unique within the tenant.
                     * @example staging
                     */
                    name: string;
                    rate_limit?: {
                        /** @description Requests allowed in a window. */
                        limit: number;
                        window_seconds: number;
                    } | null;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "tenant_id": "tenant_default",
                     *       "name": "staging",
                     *       "status": "active",
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60
                     *       },
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        tenant_id: string;
                        name: string;
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        rate_limit: {
                            /** @description Requests allowed in a window. */
                            limit: number;
                            window_seconds: number;
                        } | null;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getEnvironment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "tenant_id": "tenant_default",
                     *       "name": "staging",
                     *       "status": "active",
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60
                     *       },
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        tenant_id: string;
                        name: string;
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        rate_limit: {
                            /** @description Requests allowed in a window. */
                            limit: number;
                            window_seconds: number;
                        } | null;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    updateEnvironment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "inactive"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Unique within the tenant.
                     * @example staging
                     */
                    name?: string;
                    /** @description Requests with an inactive one are refused with 403. */
                    status?: "active" | "inactive";
                    rate_limit?: {
                        /** @description Requests allowed in a window. */
                        limit: number;
                        window_seconds: number;
                    } | null;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "tenant_id": "tenant_default",
                     *       "name": "staging",
                     *       "status": "active",
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60
                     *       },
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        tenant_id: string;
                        name: string;
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        rate_limit: {
                            /** @description Requests allowed in a window. */
                            limit: number;
                            window_seconds: number;
                        } | null;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "key_01a20557a16e731f8ab301630217ef18",
                     *       "name": "Production backend",
                     *       "description": null,
                     *       "type": "private_key",
                     *       "provider": "latchkey",
                     *       "display_id": "0cc5…68fe",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "user_id": "user_default",
                     *       "user_type": "user",
                     *       "roles": [],
                     *       "permissions": [
                     *         "customers:read"
                     *       ],
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60
                     *       },
                     *       "metadata": {
                     *         "team": "billing"
                     *       },
                     *       "status": "active",
                     *       "expires_at": null,
                     *       "last_used_at": null,
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z",
                     *       "rotated_to": null,
                     *       "rotated_from": null
                     *     }
                     */
                    "application/json": {
                        id: string;
                        name: string;
                        description: string | null;
                        /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                        type: "private_key" | "publishable_key";
                        provider: string;
                        display_id: string | null;
                        tenant_id: string;
                        environment_id: string;
                        user_id: string;
                        /** @description `user`: a person. `service_account`: a program with keys of its own. */
                        user_type: "user" | "service_account";
                        /** @description Roles of the key's user. */
                        roles: string[];
                        permissions: string[];
                        rate_limit: {
                            /** @description Requests allowed in a window. */
                            limit: number;
                            window_seconds: number;
                        } | null;
                        metadata: {
                            [key: string]: string;
                        };
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        expires_at: string | null;
                        last_used_at: string | null;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                        rotated_to: string | null;
                        rotated_from: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    deleteKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    updateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "inactive"
                 *     }
                 */
                "application/json": {
                    /** @example Production backend */
                    name?: string;
                    description?: string | null;
                    /** @description Requests with an inactive one are refused with 403. */
                    status?: "active" | "inactive";
                    expires_at?: string | null;
                    permissions?: string[];
                    rate_limit?: {
                        /** @description Requests allowed in a window. */
                        limit: number;
                        window_seconds: number;
                    } | null;
                    /**
                     * @description Labels of your own.
                     * @example {
                     *       "plan": "pro"
                     *     }
                     */
                    metadata?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "key_01a20557a16e731f8ab301630217ef18",
                     *       "name": "Production backend",
                     *       "description": null,
                     *       "type": "private_key",
                     *       "provider": "latchkey",
                     *       "display_id": "0cc5…68fe",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "user_id": "user_default",
                     *       "user_type": "user",
                     *       "roles": [],
                     *       "permissions": [
                     *         "customers:read"
                     *       ],
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60
                     *       },
                     *       "metadata": {
                     *         "team": "billing"
                     *       },
                     *       "status": "active",
                     *       "expires_at": null,
                     *       "last_used_at": null,
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z",
                     *       "rotated_to": null,
                     *       "rotated_from": null
                     *     }
                     */
                    "application/json": {
                        id: string;
                        name: string;
                        description: string | null;
                        /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                        type: "private_key" | "publishable_key";
                        provider: string;
                        display_id: string | null;
                        tenant_id: string;
                        environment_id: string;
                        user_id: string;
                        /** @description `user`: a person. `service_account`: a program with keys of its own. */
                        user_type: "user" | "service_account";
                        /** @description Roles of the key's user. */
                        roles: string[];
                        permissions: string[];
                        rate_limit: {
                            /** @description Requests allowed in a window. */
                            limit: number;
                            window_seconds: number;
                        } | null;
                        metadata: {
                            [key: string]: string;
                        };
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        expires_at: string | null;
                        last_used_at: string | null;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                        rotated_to: string | null;
                        rotated_from: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description Number of items in a page. */
                limit?: number;
                /** @description Number of items to skip. */
                offset?: number;
                /** @description Include keys of this status. `published` means `active`. */
                status?: ("active" | "inactive") | "published";
                /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                type?: "private_key" | "publishable_key";
                /** @description Include keys whose name or display id contains this text. */
                search?: string;
                /** @description Order by creation time. */
                order?: "asc" | "desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            name: string;
                            description: string | null;
                            /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                            type: "private_key" | "publishable_key";
                            provider: string;
                            display_id: string | null;
                            tenant_id: string;
                            environment_id: string;
                            user_id: string;
                            /** @description `user`: a person. `service_account`: a program with keys of its own. */
                            user_type: "user" | "service_account";
                            /** @description Roles of the key's user. */
                            roles: string[];
                            permissions: string[];
                            rate_limit: {
                                /** @description Requests allowed in a window. */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            metadata: {
                                [key: string]: string;
                            };
                            /** @description Requests with an inactive one are refused with 403. */
                            status: "active" | "inactive";
                            expires_at: string | null;
                            last_used_at: string | null;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            updated_at: string;
                            rotated_to: string | null;
                            rotated_from: string | null;
                        }[];
                        pagination: {
                            total: number;
                            limit: number;
                            offset: number;
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A random text of your own, such as a version 4 UUID, used for one request only. Repeating the same request within 24 hours returns the same answer.
                 * @example 0b1d7a5e-6c0f-4f4e-9a58-3f1f8d1f4f0c
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Production backend",
                 *       "permissions": [
                 *         "customers:read"
                 *       ],
                 *       "metadata": {
                 *         "team": "billing"
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @example Production backend */
                    name: string;
                    description?: string | null;
                    /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                    type?: "private_key" | "publishable_key";
                    /**
                     * @description Owner of the key, by default your own user. Issuing to another user requires `users:keys`, and to a service account `service_accounts:keys`.
                     * @example user_01a20557a16e731f8ab301630217ef18
                     */
                    user_id?: string;
                    expires_at?: string | null;
                    /** @description Permissions of the key. By default all permissions of the calling key that the type allows. */
                    permissions?: string[];
                    rate_limit?: {
                        /** @description Requests allowed in a window. */
                        limit: number;
                        window_seconds: number;
                    } | null;
                    /**
                     * @description Labels of your own.
                     * @example {
                     *       "plan": "pro"
                     *     }
                     */
                    metadata?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description The key was created. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @example {
                         *       "id": "key_01a20557a16e731f8ab301630217ef18",
                         *       "name": "Production backend",
                         *       "description": null,
                         *       "type": "private_key",
                         *       "provider": "latchkey",
                         *       "display_id": "0cc5…68fe",
                         *       "tenant_id": "tenant_default",
                         *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                         *       "user_id": "user_default",
                         *       "user_type": "user",
                         *       "roles": [],
                         *       "permissions": [
                         *         "customers:read"
                         *       ],
                         *       "rate_limit": {
                         *         "limit": 100,
                         *         "window_seconds": 60
                         *       },
                         *       "metadata": {
                         *         "team": "billing"
                         *       },
                         *       "status": "active",
                         *       "expires_at": null,
                         *       "last_used_at": null,
                         *       "created_at": "2026-11-20T12:00:00.000Z",
                         *       "updated_at": "2026-11-20T12:00:00.000Z",
                         *       "rotated_to": null,
                         *       "rotated_from": null
                         *     }
                         */
                        secret: {
                            id: string;
                            name: string;
                            description: string | null;
                            /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                            type: "private_key" | "publishable_key";
                            provider: string;
                            display_id: string | null;
                            tenant_id: string;
                            environment_id: string;
                            user_id: string;
                            /** @description `user`: a person. `service_account`: a program with keys of its own. */
                            user_type: "user" | "service_account";
                            /** @description Roles of the key's user. */
                            roles: string[];
                            permissions: string[];
                            rate_limit: {
                                /** @description Requests allowed in a window. */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            metadata: {
                                [key: string]: string;
                            };
                            /** @description Requests with an inactive one are refused with 403. */
                            status: "active" | "inactive";
                            expires_at: string | null;
                            last_used_at: string | null;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            updated_at: string;
                            rotated_to: string | null;
                            rotated_from: string | null;
                        };
                        /** @description The key itself. Shown only in this response and stored nowhere. */
                        api_key: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    rotateKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A random text of your own, such as a version 4 UUID, used for one request only. Repeating the same request within 24 hours returns the same answer.
                 * @example 0b1d7a5e-6c0f-4f4e-9a58-3f1f8d1f4f0c
                 */
                "idempotency-key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "overlap_seconds": 86400
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Seconds for which the old key keeps working, at most 30 days.
                     * @default 0
                     */
                    overlap_seconds?: number;
                };
            };
        };
        responses: {
            /** @description The key was created. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @example {
                         *       "id": "key_01a20557a16e731f8ab301630217ef18",
                         *       "name": "Production backend",
                         *       "description": null,
                         *       "type": "private_key",
                         *       "provider": "latchkey",
                         *       "display_id": "0cc5…68fe",
                         *       "tenant_id": "tenant_default",
                         *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                         *       "user_id": "user_default",
                         *       "user_type": "user",
                         *       "roles": [],
                         *       "permissions": [
                         *         "customers:read"
                         *       ],
                         *       "rate_limit": {
                         *         "limit": 100,
                         *         "window_seconds": 60
                         *       },
                         *       "metadata": {
                         *         "team": "billing"
                         *       },
                         *       "status": "active",
                         *       "expires_at": null,
                         *       "last_used_at": null,
                         *       "created_at": "2026-11-20T12:00:00.000Z",
                         *       "updated_at": "2026-11-20T12:00:00.000Z",
                         *       "rotated_to": null,
                         *       "rotated_from": null
                         *     }
                         */
                        secret: {
                            id: string;
                            name: string;
                            description: string | null;
                            /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                            type: "private_key" | "publishable_key";
                            provider: string;
                            display_id: string | null;
                            tenant_id: string;
                            environment_id: string;
                            user_id: string;
                            /** @description `user`: a person. `service_account`: a program with keys of its own. */
                            user_type: "user" | "service_account";
                            /** @description Roles of the key's user. */
                            roles: string[];
                            permissions: string[];
                            rate_limit: {
                                /** @description Requests allowed in a window. */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            metadata: {
                                [key: string]: string;
                            };
                            /** @description Requests with an inactive one are refused with 403. */
                            status: "active" | "inactive";
                            expires_at: string | null;
                            last_used_at: string | null;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            updated_at: string;
                            rotated_to: string | null;
                            rotated_from: string | null;
                        };
                        /** @description The key itself. Shown only in this response and stored nowhere. */
                        api_key: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listKeyEvents: {
        parameters: {
            query?: {
                /** @description Number of events in a page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Newest first. */
                        items: {
                            /** @description Number of the event. Grows with every change; numbers in between belong to events of others. */
                            seq: number;
                            /** @description The resource and the action, such as `key.deactivated`. */
                            kind: string;
                            tenant_id: string;
                            environment_id: string | null;
                            /** @description Id of the changed resource. */
                            subject_id: string;
                            /** @description State before the change; `null` if the resource is new. */
                            before: {
                                [key: string]: unknown;
                            } | null;
                            /** @description State after the change; `null` if the resource was deleted. */
                            after: {
                                [key: string]: unknown;
                            } | null;
                            /** @description Author of the change. All fields are `null` if it was the operator or the service itself. */
                            actor: {
                                key_id: string | null;
                                user_id: string | null;
                                address: string | null;
                            };
                            request_id: string | null;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                        }[];
                        next_cursor: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getKeyUsage: {
        parameters: {
            query?: {
                /** @description Include usage at or after this time; a day before `to` by default. */
                from?: string;
                /** @description Include usage before this time; now by default. */
                to?: string;
                /** @description Size of each bucket, aligned to UTC. */
                granularity?: "hour" | "day";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key_id": "key_01a20557a16e731f8ab301630217ef18",
                     *       "last_used_at": "2026-11-20T12:03:07.000Z",
                     *       "addresses": {
                     *         "total": 1,
                     *         "recent": [
                     *           {
                     *             "address": "203.0.113.7",
                     *             "first_seen_at": "2026-11-19T08:00:00.000Z",
                     *             "last_seen_at": "2026-11-20T12:03:07.000Z"
                     *           }
                     *         ]
                     *       },
                     *       "from": "2026-11-19T12:00:00.000Z",
                     *       "to": "2026-11-20T12:03:10.000Z",
                     *       "granularity": "hour",
                     *       "totals": {
                     *         "accepted": 1207,
                     *         "limited": 3,
                     *         "permission": 0,
                     *         "expired": 0,
                     *         "inactive": 0
                     *       },
                     *       "series": [
                     *         {
                     *           "start": "2026-11-20T12:00:00.000Z",
                     *           "accepted": 1207,
                     *           "limited": 3,
                     *           "permission": 0,
                     *           "expired": 0,
                     *           "inactive": 0
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": {
                        key_id: string;
                        last_used_at: string | null;
                        addresses: {
                            /** @description How many addresses it was used from: at most 100 are remembered, for 90 days */
                            total: number;
                            /** @description Addresses of the last uses, at most 20. */
                            recent: {
                                address: string;
                                /**
                                 * Format: date-time
                                 * @description A date-time of RFC 3339, in UTC.
                                 */
                                first_seen_at: string;
                                /**
                                 * Format: date-time
                                 * @description A date-time of RFC 3339, in UTC.
                                 */
                                last_seen_at: string;
                            }[];
                        };
                        /**
                         * Format: date-time
                         * @description Start of the first hour or day.
                         */
                        from: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        to: string;
                        /**
                         * @description Size of each bucket, aligned to UTC.
                         * @default hour
                         */
                        granularity: "hour" | "day";
                        totals: {
                            /** @description Requests that the key was accepted for */
                            accepted: number;
                            /** @description Refused with 429: over the limit */
                            limited: number;
                            /** @description Refused with 403: the key lacks the permission */
                            permission: number;
                            /** @description Refused with 401: the key had expired */
                            expired: number;
                            /** @description Refused with 403: the key, or what it belongs to, was inactive */
                            inactive: number;
                        };
                        /** @description In order of time, without hours or days that had no requests. */
                        series: {
                            /**
                             * Format: date-time
                             * @description Start of the hour or day.
                             */
                            start: string;
                            /** @description Requests that the key was accepted for */
                            accepted: number;
                            /** @description Refused with 429: over the limit */
                            limited: number;
                            /** @description Refused with 403: the key lacks the permission */
                            permission: number;
                            /** @description Refused with 401: the key had expired */
                            expired: number;
                            /** @description Refused with 403: the key, or what it belongs to, was inactive */
                            inactive: number;
                        }[];
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    importKeys: {
        parameters: {
            query?: {
                /** @description Only validate, and import nothing. */
                dry_run?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example [
                 *       {
                 *         "name": "Production backend",
                 *         "hash": "8a1c9e0f5b7d3a2c4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5",
                 *         "permissions": [
                 *           "customers:read"
                 *         ]
                 *       }
                 *     ]
                 */
                "application/json": {
                    /** @example Production backend */
                    name: string;
                    description?: string | null;
                    /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                    type?: "private_key" | "publishable_key";
                    expires_at?: string | null;
                    /** @description Permissions of the key. By default all permissions of the calling key that the type allows. */
                    permissions?: string[];
                    rate_limit?: {
                        /** @description Requests allowed in a window. */
                        limit: number;
                        window_seconds: number;
                    } | null;
                    /**
                     * @description Labels of your own.
                     * @example {
                     *       "plan": "pro"
                     *     }
                     */
                    metadata?: {
                        [key: string]: string;
                    };
                    /** @description SHA-256 of the key in lower-case hex; never the key itself. */
                    hash: string;
                }[];
            };
        };
        responses: {
            /** @description The dry run found no mistakes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        would_import: number;
                    };
                };
            };
            /** @description All keys were imported. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        imported: number;
                        /** @description Ids of the imported keys, in the order of the request. */
                        ids: string[];
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listWebhookSecrets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            /** @description The signature scheme: `standard` is Standard Webhooks, `hmac` is configured by you. */
                            provider: "standard" | "stripe" | "github" | "hmac";
                            hmac: {
                                /**
                                 * @description Which header has the signature
                                 * @example X-Signature
                                 */
                                signature_header: string;
                                algorithm: "sha256" | "sha512";
                                encoding: "hex" | "base64";
                                /**
                                 * @description Text before the signature.
                                 * @example sha256=
                                 */
                                prefix?: string;
                                /**
                                 * @description Unix time in seconds. With it `<timestamp>.<body>` is signed, without it the body
                                 * @example X-Timestamp
                                 */
                                timestamp_header?: string;
                                /**
                                 * @description The id of the delivery
                                 * @example X-Delivery-Id
                                 */
                                id_header?: string;
                            } | null;
                            tenant_id: string;
                            environment_id: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                        }[];
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "provider": "hmac",
                 *       "hmac": {
                 *         "signature_header": "X-Signature",
                 *         "algorithm": "sha256",
                 *         "encoding": "hex",
                 *         "prefix": "sha256="
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @description The signature scheme: `standard` is Standard Webhooks, `hmac` is configured by you. */
                    provider: "standard" | "stripe" | "github" | "hmac";
                    /** @description The secret as the provider shows it. Without one, a new secret is generated, except for Stripe, which generates its own. */
                    secret?: string;
                    hmac?: {
                        /**
                         * @description Which header has the signature
                         * @example X-Signature
                         */
                        signature_header: string;
                        algorithm: "sha256" | "sha512";
                        encoding: "hex" | "base64";
                        /**
                         * @description Text before the signature.
                         * @example sha256=
                         */
                        prefix?: string;
                        /**
                         * @description Unix time in seconds. With it `<timestamp>.<body>` is signed, without it the body
                         * @example X-Timestamp
                         */
                        timestamp_header?: string;
                        /**
                         * @description The id of the delivery
                         * @example X-Delivery-Id
                         */
                        id_header?: string;
                    };
                };
            };
        };
        responses: {
            /** @description The secret is in force. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @example {
                         *       "id": "whs_01a20557a16e731f8ab301630217ef18",
                         *       "provider": "github",
                         *       "hmac": null,
                         *       "tenant_id": "tenant_default",
                         *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                         *       "created_at": "2026-11-20T12:00:00.000Z"
                         *     }
                         */
                        secret: {
                            id: string;
                            /** @description The signature scheme: `standard` is Standard Webhooks, `hmac` is configured by you. */
                            provider: "standard" | "stripe" | "github" | "hmac";
                            hmac: {
                                /**
                                 * @description Which header has the signature
                                 * @example X-Signature
                                 */
                                signature_header: string;
                                algorithm: "sha256" | "sha512";
                                encoding: "hex" | "base64";
                                /**
                                 * @description Text before the signature.
                                 * @example sha256=
                                 */
                                prefix?: string;
                                /**
                                 * @description Unix time in seconds. With it `<timestamp>.<body>` is signed, without it the body
                                 * @example X-Timestamp
                                 */
                                timestamp_header?: string;
                                /**
                                 * @description The id of the delivery
                                 * @example X-Delivery-Id
                                 */
                                id_header?: string;
                            } | null;
                            tenant_id: string;
                            environment_id: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                        };
                        signing_secret: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    deleteWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createTenant: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Acme"
                 *     }
                 */
                "application/json": {
                    /** @example Acme */
                    name: string;
                };
            };
        };
        responses: {
            /** @description The tenant, its environments and its first key, which is shown only in this response. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @example {
                         *       "id": "tenant_01a205579d1c7729b2cb563bc47034d8",
                         *       "name": "Acme",
                         *       "status": "active",
                         *       "created_at": "2026-11-20T12:00:00.000Z",
                         *       "updated_at": "2026-11-20T12:00:00.000Z"
                         *     }
                         */
                        tenant: {
                            id: string;
                            name: string;
                            /** @description Requests with an inactive one are refused with 403. */
                            status: "active" | "inactive";
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            updated_at: string;
                        };
                        environments: {
                            id: string;
                            tenant_id: string;
                            name: string;
                            /** @description Requests with an inactive one are refused with 403. */
                            status: "active" | "inactive";
                            rate_limit: {
                                /** @description Requests allowed in a window. */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            updated_at: string;
                        }[];
                        /**
                         * @example {
                         *       "id": "key_01a20557a16e731f8ab301630217ef18",
                         *       "name": "Production backend",
                         *       "description": null,
                         *       "type": "private_key",
                         *       "provider": "latchkey",
                         *       "display_id": "0cc5…68fe",
                         *       "tenant_id": "tenant_default",
                         *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                         *       "user_id": "user_default",
                         *       "user_type": "user",
                         *       "roles": [],
                         *       "permissions": [
                         *         "customers:read"
                         *       ],
                         *       "rate_limit": {
                         *         "limit": 100,
                         *         "window_seconds": 60
                         *       },
                         *       "metadata": {
                         *         "team": "billing"
                         *       },
                         *       "status": "active",
                         *       "expires_at": null,
                         *       "last_used_at": null,
                         *       "created_at": "2026-11-20T12:00:00.000Z",
                         *       "updated_at": "2026-11-20T12:00:00.000Z",
                         *       "rotated_to": null,
                         *       "rotated_from": null
                         *     }
                         */
                        secret: {
                            id: string;
                            name: string;
                            description: string | null;
                            /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                            type: "private_key" | "publishable_key";
                            provider: string;
                            display_id: string | null;
                            tenant_id: string;
                            environment_id: string;
                            user_id: string;
                            /** @description `user`: a person. `service_account`: a program with keys of its own. */
                            user_type: "user" | "service_account";
                            /** @description Roles of the key's user. */
                            roles: string[];
                            permissions: string[];
                            rate_limit: {
                                /** @description Requests allowed in a window. */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            metadata: {
                                [key: string]: string;
                            };
                            /** @description Requests with an inactive one are refused with 403. */
                            status: "active" | "inactive";
                            expires_at: string | null;
                            last_used_at: string | null;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            updated_at: string;
                            rotated_to: string | null;
                            rotated_from: string | null;
                        };
                        /** @description The key itself. Shown only in this response and stored nowhere. */
                        api_key: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "tenant_01a205579d1c7729b2cb563bc47034d8",
                     *       "name": "Acme",
                     *       "status": "active",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        name: string;
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    updateTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Acme Ltd"
                 *     }
                 */
                "application/json": {
                    /** @example Acme */
                    name?: string;
                    /** @description Requests with an inactive one are refused with 403. */
                    status?: "active" | "inactive";
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "tenant_01a205579d1c7729b2cb563bc47034d8",
                     *       "name": "Acme",
                     *       "status": "active",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        name: string;
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    summarizeUsage: {
        parameters: {
            query?: {
                /** @description Number of hours, the current one included, that the totals and the most used keys cover. */
                used_hours?: number;
                /** @description How long a key must have been unused */
                unused_days?: number;
                /** @description How soon a key must expire */
                expiring_days?: number;
                /** @description Number of keys in each list. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description Start of the first hour.
                         */
                        used_since: string;
                        /** @description Totals of all keys, including those deleted since. */
                        totals: {
                            /** @description Requests that the key was accepted for */
                            accepted: number;
                            /** @description Refused with 429: over the limit */
                            limited: number;
                            /** @description Refused with 403: the key lacks the permission */
                            permission: number;
                            /** @description Refused with 401: the key had expired */
                            expired: number;
                            /** @description Refused with 403: the key, or what it belongs to, was inactive */
                            inactive: number;
                        };
                        /** @description Ordered by accepted requests. */
                        most_used: {
                            id: string;
                            name: string;
                            display_id: string | null;
                            user_id: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                            expires_at: string | null;
                            last_used_at: string | null;
                            /** @description Requests that the key was accepted for */
                            accepted: number;
                        }[];
                        /** @description Active keys that were made before and not used since, the longest unused first */
                        unused: {
                            /** @description Number of keys. */
                            total: number;
                            items: {
                                id: string;
                                name: string;
                                display_id: string | null;
                                user_id: string;
                                /**
                                 * Format: date-time
                                 * @description A date-time of RFC 3339, in UTC.
                                 */
                                created_at: string;
                                expires_at: string | null;
                                last_used_at: string | null;
                            }[];
                        };
                        /** @description Active keys that expire so soon and were not rotated, the soonest first */
                        expiring: {
                            /** @description Number of keys. */
                            total: number;
                            items: {
                                id: string;
                                name: string;
                                display_id: string | null;
                                user_id: string;
                                /**
                                 * Format: date-time
                                 * @description A date-time of RFC 3339, in UTC.
                                 */
                                created_at: string;
                                expires_at: string | null;
                                last_used_at: string | null;
                            }[];
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description Number of items in a page. */
                limit?: number;
                /** @description Number of items to skip. */
                offset?: number;
                /** @description `user`: a person. `service_account`: a program with keys of its own. */
                type?: "user" | "service_account";
                /** @description Requests with an inactive one are refused with 403. */
                status?: "active" | "inactive";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            /** @description `user`: a person. `service_account`: a program with keys of its own. */
                            type: "user" | "service_account";
                            name: string;
                            email: string | null;
                            roles: string[];
                            /** @description Requests with an inactive one are refused with 403. */
                            status: "active" | "inactive";
                            tenant_id: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            updated_at: string;
                        }[];
                        pagination: {
                            total: number;
                            limit: number;
                            offset: number;
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "service_account",
                 *       "name": "Nightly billing",
                 *       "roles": [
                 *         "billing"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @example Nightly billing */
                    name: string;
                    /** @description `user`: a person. `service_account`: a program with keys of its own. */
                    type?: "user" | "service_account";
                    email?: string | null;
                    /** @description Names of your own, shown with the keys of the user. They grant nothing here. */
                    roles?: string[];
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "user_01a20557a16e731f8ab301630217ef18",
                     *       "type": "service_account",
                     *       "name": "Nightly billing",
                     *       "email": null,
                     *       "roles": [
                     *         "billing"
                     *       ],
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description `user`: a person. `service_account`: a program with keys of its own. */
                        type: "user" | "service_account";
                        name: string;
                        email: string | null;
                        roles: string[];
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        tenant_id: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "user_01a20557a16e731f8ab301630217ef18",
                     *       "type": "service_account",
                     *       "name": "Nightly billing",
                     *       "email": null,
                     *       "roles": [
                     *         "billing"
                     *       ],
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description `user`: a person. `service_account`: a program with keys of its own. */
                        type: "user" | "service_account";
                        name: string;
                        email: string | null;
                        roles: string[];
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        tenant_id: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    updateUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "inactive"
                 *     }
                 */
                "application/json": {
                    /** @example Nightly billing */
                    name?: string;
                    email?: string | null;
                    /** @description Names of your own, shown with the keys of the user. They grant nothing here. */
                    roles?: string[];
                    /** @description Requests with an inactive one are refused with 403. */
                    status?: "active" | "inactive";
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "user_01a20557a16e731f8ab301630217ef18",
                     *       "type": "service_account",
                     *       "name": "Nightly billing",
                     *       "email": null,
                     *       "roles": [
                     *         "billing"
                     *       ],
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description `user`: a person. `service_account`: a program with keys of its own. */
                        type: "user" | "service_account";
                        name: string;
                        email: string | null;
                        roles: string[];
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        tenant_id: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getOwnUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "user_01a20557a16e731f8ab301630217ef18",
                     *       "type": "service_account",
                     *       "name": "Nightly billing",
                     *       "email": null,
                     *       "roles": [
                     *         "billing"
                     *       ],
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description `user`: a person. `service_account`: a program with keys of its own. */
                        type: "user" | "service_account";
                        name: string;
                        email: string | null;
                        roles: string[];
                        /** @description Requests with an inactive one are refused with 403. */
                        status: "active" | "inactive";
                        tenant_id: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    receiveWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
                tenant_id: string;
                environment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery is stored, now or by an earlier request. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        received: true;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /** @description Include deliveries with a higher sequence. */
                after?: number;
                /** @description Number of items in a page. */
                limit?: number;
                /** @description The signature scheme: `standard` is Standard Webhooks, `hmac` is configured by you. */
                provider?: "standard" | "stripe" | "github" | "hmac";
                acknowledged?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            /** @description Position in the order of the environment. */
                            sequence: number;
                            /** @description The signature scheme: `standard` is Standard Webhooks, `hmac` is configured by you. */
                            provider: "standard" | "stripe" | "github" | "hmac";
                            /** @description Id of the secret that the delivery was signed with. */
                            secret_id: string;
                            delivery_id: string | null;
                            /** @description `content-type`, `content-encoding`, `user-agent`, `webhook-…` and `x-…` headers, without signatures and secrets. */
                            headers: {
                                [key: string]: string;
                            };
                            body_bytes: number;
                            tenant_id: string;
                            environment_id: string;
                            /**
                             * Format: date-time
                             * @description A date-time of RFC 3339, in UTC.
                             */
                            received_at: string;
                            acknowledged_at: string | null;
                        }[];
                        /** @description Value of `after` for the next request. */
                        next_after: number;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getWebhookDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "whd_01a20557a16e731f8ab301630217ef18",
                     *       "sequence": 42,
                     *       "provider": "github",
                     *       "secret_id": "whs_01a20557a16e731f8ab301630217ef18",
                     *       "delivery_id": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
                     *       "headers": {
                     *         "content-type": "application/json",
                     *         "x-github-event": "push"
                     *       },
                     *       "body_bytes": 2,
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "received_at": "2026-11-20T12:00:00.000Z",
                     *       "acknowledged_at": null,
                     *       "body_base64": "e30="
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description Position in the order of the environment. */
                        sequence: number;
                        /** @description The signature scheme: `standard` is Standard Webhooks, `hmac` is configured by you. */
                        provider: "standard" | "stripe" | "github" | "hmac";
                        /** @description Id of the secret that the delivery was signed with. */
                        secret_id: string;
                        delivery_id: string | null;
                        /** @description `content-type`, `content-encoding`, `user-agent`, `webhook-…` and `x-…` headers, without signatures and secrets. */
                        headers: {
                            [key: string]: string;
                        };
                        body_bytes: number;
                        tenant_id: string;
                        environment_id: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        received_at: string;
                        acknowledged_at: string | null;
                        /** @description The body, byte for byte. */
                        body_base64: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    acknowledgeWebhookDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "whd_01a20557a16e731f8ab301630217ef18",
                     *       "sequence": 42,
                     *       "provider": "github",
                     *       "secret_id": "whs_01a20557a16e731f8ab301630217ef18",
                     *       "delivery_id": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
                     *       "headers": {
                     *         "content-type": "application/json",
                     *         "x-github-event": "push"
                     *       },
                     *       "body_bytes": 2,
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "received_at": "2026-11-20T12:00:00.000Z",
                     *       "acknowledged_at": null
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description Position in the order of the environment. */
                        sequence: number;
                        /** @description The signature scheme: `standard` is Standard Webhooks, `hmac` is configured by you. */
                        provider: "standard" | "stripe" | "github" | "hmac";
                        /** @description Id of the secret that the delivery was signed with. */
                        secret_id: string;
                        delivery_id: string | null;
                        /** @description `content-type`, `content-encoding`, `user-agent`, `webhook-…` and `x-…` headers, without signatures and secrets. */
                        headers: {
                            [key: string]: string;
                        };
                        body_bytes: number;
                        tenant_id: string;
                        environment_id: string;
                        /**
                         * Format: date-time
                         * @description A date-time of RFC 3339, in UTC.
                         */
                        received_at: string;
                        acknowledged_at: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listPublicKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keys: {
                            /** @enum {string} */
                            kty: "OKP";
                            /** @enum {string} */
                            crv: "Ed25519";
                            /** @description The public key: 32 bytes in base64url. */
                            x: string;
                            /** @description Key id, which the header of a token names. */
                            kid: string;
                            /** @enum {string} */
                            alg: "EdDSA";
                            /** @enum {string} */
                            use: "sig";
                        }[];
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
}
