using System.Collections.Generic;
using Amazon.CDK;
using Amazon.CDK.AWS.CodeArtifact;
using Amazon.CDK.AWS.IAM;
using Constructs;

namespace Packages;

/// <summary>A domain with one repository, and who may use it.</summary>
public class PackagesStack : Stack
{
    private readonly string _domain;
    private readonly string _repository;

    public PackagesStack(Construct scope, string id, IStackProps? props = null) : base(scope, id, props)
    {
        _domain = FromContext("domain");
        _repository = FromContext("repository");
        var organization = FromContext("organization");

        var domain = new CfnDomain(this, "Domain", new CfnDomainProps
        {
            DomainName = _domain,
            PermissionsPolicyDocument = ForOrganization("codeartifact:GetAuthorizationToken", organization),
        });
        var repository = new CfnRepository(this, "Repository", new CfnRepositoryProps
        {
            DomainName = _domain,
            RepositoryName = _repository,
            PermissionsPolicyDocument = ForOrganization("codeartifact:ReadFromRepository", organization),
        });
        repository.AddDependency(domain);

        _ = new ManagedPolicy(this, "Developer", new ManagedPolicyProps
        {
            Description = "Restore from CodeArtifact",
            Statements = ReadStatements(),
            Roles = new IRole[] { DeveloperRole() },
        });
        _ = new ManagedPolicy(this, "Publish", new ManagedPolicyProps
        {
            Description = "Restore from and push to CodeArtifact",
            Statements = PublishStatements(),
            Roles = new IRole[] { PublishRole() },
        });
    }

    /// <summary>Whoever in this account is allowed to assume it.</summary>
    private Role DeveloperRole() => new(this, "DeveloperRole", new RoleProps
    {
        AssumedBy = new AccountRootPrincipal(),
    });

    /// <summary>The main branch of one GitHub repository; nothing else, so no pull request.</summary>
    private Role PublishRole()
    {
        var provider = new OpenIdConnectProvider(this, "GitHub", new OpenIdConnectProviderProps
        {
            Url = "https://token.actions.githubusercontent.com",
            ClientIds = new[] { "sts.amazonaws.com" },
        });
        return new Role(this, "PublishRole", new RoleProps
        {
            AssumedBy = new WebIdentityPrincipal(provider.OpenIdConnectProviderArn, new Dictionary<string, object>
            {
                ["StringEquals"] = new Dictionary<string, object>
                {
                    ["token.actions.githubusercontent.com:aud"] = "sts.amazonaws.com",
                    ["token.actions.githubusercontent.com:sub"] =
                        $"repo:{FromContext("githubRepository")}:ref:refs/heads/main",
                },
            }),
        });
    }

    /// <summary>The same as iam/developer.json.</summary>
    private PolicyStatement[] ReadStatements() => new[]
    {
        Allow("codeartifact:GetAuthorizationToken", Arn($"domain/{_domain}")),
        new PolicyStatement(new PolicyStatementProps
        {
            Actions = new[] { "sts:GetServiceBearerToken" },
            Resources = new[] { "*" },
            Conditions = Equal("sts:AWSServiceName", "codeartifact.amazonaws.com"),
        }),
        Allow("codeartifact:ReadFromRepository", Arn($"repository/{_domain}/{_repository}")),
    };

    /// <summary>The same as iam/ci-publish.json.</summary>
    private PolicyStatement[] PublishStatements() => new List<PolicyStatement>(ReadStatements())
    {
        Allow("codeartifact:PublishPackageVersion", Arn($"package/{_domain}/{_repository}/nuget/*")),
    }.ToArray();

    private static PolicyStatement Allow(string action, string resource) => new(new PolicyStatementProps
    {
        Actions = new[] { action },
        Resources = new[] { resource },
    });

    /// <summary>The same as the policies for other accounts in iam/.</summary>
    private static PolicyDocument ForOrganization(string action, string organization) => new(new PolicyDocumentProps
    {
        Statements = new[]
        {
            new PolicyStatement(new PolicyStatementProps
            {
                Principals = new IPrincipal[] { new AnyPrincipal() },
                Actions = new[] { action },
                Resources = new[] { "*" },
                Conditions = Equal("aws:PrincipalOrgID", organization),
            }),
        },
    });

    private static Dictionary<string, object> Equal(string key, string value) => new()
    {
        ["StringEquals"] = new Dictionary<string, object> { [key] = value },
    };

    private string Arn(string resource) => $"arn:{Partition}:codeartifact:{Region}:{Account}:{resource}";

    private string FromContext(string key) => (string)Node.GetContext(key);
}
